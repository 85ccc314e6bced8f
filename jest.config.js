import { tmpdir } from 'node:os';

// What commands in tests' own process put aside goes here, and not below the state folder of whoever runs the tests.
process.env.TMPDIR ??= tmpdir();

/** The lanes whose files have a suffix: X.LANE.test.ts. Files without one (X.test.ts) are the lane `unit`. */
const SUFFIXES = ['property', 'cloud', 'e2e', 'box'];

/** Node runs the tests, with TypeScript's types stripped: docs/adr/0016-test-runner.md. */
export const shared = {
  transform: {},
  testRunner: '<rootDir>/test/runner/run.mjs',
  testTimeout: 180_000,
};

/** Virtual machines have a lane of their own: jest.vm.config.js. */
const IGNORED = ['/node_modules/', '<rootDir>/test/vm/'];

/** One lane; scripts/test.sh says who runs which. */
const lane = (displayName, pattern, ignored = []) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/{test,packages/*/test}/**/*${pattern}.test.ts`],
  testPathIgnorePatterns: [...IGNORED, ...ignored],
});

export default {
  projects: [
    lane('unit', '', [`\\.(${SUFFIXES.join('|')})\\.test\\.ts$`]),
    ...SUFFIXES.map((suffix) => lane(suffix, `.${suffix}`)),
  ],
  // Projects don't have one of their own.
  testTimeout: shared.testTimeout,
  // Most tests wait for other processes: a core that Jest would leave free is one that idles.
  maxWorkers: '100%',
  testSequencer: '<rootDir>/test/runner/order.mjs',
};
