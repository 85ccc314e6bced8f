import { tmpdir } from 'node:os';

// What commands in tests' own process put aside goes here, and not below the state folder of whoever runs the tests.
process.env.TMPDIR ??= tmpdir();

/** Jest runs the TypeScript sources as native ESM; swc only strips the types. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  testMatch: ['<rootDir>/{test,packages/*/test}/**/*.test.ts'],
  // Virtual machines have a lane of their own: jest.vm.config.js.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/vm/'],
  testTimeout: 60_000,
  // Most tests wait for other processes: a core that Jest would leave free is one that idles.
  maxWorkers: '100%',
};
