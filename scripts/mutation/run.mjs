// Runs a test file as test/runner does, but with another text for one source file: no file of the tree changes. One failed test
// proves that a mutant was noticed, so the first one ends the run. Prints a line for each test and each file.
import { register } from 'node:module';
import { addEventHandler } from 'jest-circus';
import runFile from '../../test/runner/run.mjs';

// The hook that is registered last is asked first.
register('./load.mjs', import.meta.url);

let path;

function failed(name) {
  console.log(`failed\t${path}\t${name}`);
  process.exit(1);
}

addEventHandler(({ name, test }) => {
  if (name !== 'test_done') return;
  const names = [test.name];
  for (let block = test.parent; block.parent !== undefined; block = block.parent) names.unshift(block.name);
  if (test.errors.length > 0) failed(names.join(' '));
  console.log(`passed\t${path}`);
});

/** Jest calls this for each test file; the fifth argument is its path. */
export default async function run(...args) {
  path = args[4];
  const start = performance.now();
  try {
    const result = await runFile(...args);
    if (result.failureMessage !== null) failed('outside of its tests');
    console.log(`file\t${path}\t${performance.now() - start}`);
    return result;
  } catch (error) {
    failed(String(error).split('\n')[0]);
  }
}
