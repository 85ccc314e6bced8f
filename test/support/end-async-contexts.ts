import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Ends the async contexts of the test files before this one, which Jest leaves open, one a file: until Node 22 every
 * promise of the process copies each of them. Jest runs this before each test file.
 */
const KEY = Symbol.for('rolecall.test.asyncContexts');
type Storages = Set<AsyncLocalStorage<unknown>>;
const known: { [KEY]?: Storages } = AsyncLocalStorage.prototype as { [KEY]?: Storages };

if (known[KEY] === undefined) {
  const storages: Storages = new Set();
  known[KEY] = storages;
  const { run } = AsyncLocalStorage.prototype;
  AsyncLocalStorage.prototype.run = function (
    this: AsyncLocalStorage<unknown>,
    ...args: Parameters<typeof run>
  ) {
    storages.add(this);
    return run.apply(this, args);
  };
}
for (const storage of known[KEY] ?? []) storage.disable();
known[KEY]?.clear();
