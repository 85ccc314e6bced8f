import lanes from './jest.config.js';

/** The lanes with one fault in the sources: scripts/mutation/main.ts. */
export default {
  projects: lanes.projects.map((lane) => ({
    ...lane,
    testRunner: '<rootDir>/scripts/mutation/run.mjs',
  })),
  // A mutant may wait for what never comes.
  testTimeout: 30_000,
  reporters: [],
  testSequencer: '<rootDir>/scripts/mutation/order.mjs',
};
