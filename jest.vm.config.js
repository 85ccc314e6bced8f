import { shared } from './jest.config.js';

/** The lane of virtual machines (npm run test:vm): one machine at a time, and no test hangs on how fast it boots. */
export default {
  ...shared,
  testMatch: ['<rootDir>/test/vm/**/*.test.ts'],
  testTimeout: 1_800_000,
  maxWorkers: 1,
};
