import { expect, test } from '@jest/globals';
import { type PlannedBundle, startUpPlan } from '../../../src/schemes/start-up-bundle/plan.ts';

const BUNDLE: PlannedBundle = {
  modules: [
    { name: 'java', description: 'a JVM', origin: 'standard', timeoutMs: 60_000, variables: [] },
    {
      name: 'shop',
      description: 'the shop',
      origin: 'own',
      timeoutMs: 120_000,
      variables: ['port', 'token'],
    },
  ],
  files: 7,
  bytes: 2048,
  tarSha256: 'abcdef0123456789'.repeat(4),
  compression: 'gzip',
  access: 'presigned',
  expiresMs: 3_600_000,
  outside: [],
};
const SCRIPT = '#!/bin/bash\nrolecall_launch=x\nrolecall_modules=(\n)\nset -e\nmain\n';
const rows = (more: Partial<PlannedBundle> = {}) => startUpPlan({ ...BUNDLE, ...more }, SCRIPT).rows;

test('modules are told in their order, each with what it gets', () => {
  const { start } = startUpPlan(BUNDLE, SCRIPT);
  expect(start.lines.map(({ text }) => text.replaceAll(/ +/g, ' '))).toEqual([
    '1. java a JVM; within 1 min',
    '2. shop the shop; your own; within 2 min; gets port, token',
  ]);
});

test('the bundle is told with its size and the hash of its tar', () => {
  const [first, second] = rows();
  expect(first).toEqual(['bundle', 'java, shop; 7 files, 2 kB (gzip, encrypted), tar abcdef012345']);
  expect(second?.[1]).toMatch(/^machines fetch it by a URL in their payload, good for 1 h;/);
  expect(rows({ access: 'public' })[1]?.[1]).toMatch(/^machines fetch it openly;/);
});

test('what is packed from outside of the repository is told', () => {
  expect(rows({ outside: [{ name: 'certificates', path: '/etc/ssl/shop' }] }).slice(2)).toEqual([
    ['from outside', 'certificates is /etc/ssl/shop'],
  ]);
});

test('of the payload the settings are shown, and how many lines follow', () => {
  expect(startUpPlan(BUNDLE, SCRIPT).payload).toBe(
    'rolecall_launch=x\nrolecall_modules=(\n)\n... and 3 lines that are the same for every launch: rolecall render --redact',
  );
});
