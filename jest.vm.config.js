import base from './jest.config.js';

/** The lane of virtual machines (npm run test:vm): one machine at a time, and no test hangs on how fast it boots. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/vm/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 1_800_000,
  maxWorkers: 1,
};
