import { expect, test } from '@jest/globals';
import { UsageError } from '../../src/errors.ts';
import { listDocument, listText } from '../../src/reporters/release-list.ts';
import { BUILD } from '../support/builds.ts';

const NOW = BUILD.createdAt + 2 * 3_600_000;
const list = {
  app: 'shop',
  builds: [BUILD],
  pointers: new Map([
    ['prod', 'v1.2.0'],
    ['staging', 'v2'],
    ['test', 'v0'],
  ]),
  damaged: [{ name: 'v2', fault: new UsageError('s3://b/v2.json is no manifest', { hint: 'move it away' }) }],
  damagedPointers: [{ name: 'qa', fault: new UsageError('the pointer s3://b/qa is damaged\u001b[2J') }],
};

test('damaged builds and pointers stand below those that are whole, with what to do', () => {
  expect(listText(list, NOW, undefined)).toBe(
    `v1.2.0  0123456789ab  2 h ago  1.2 MB  ann@build-7  <- prod
damaged build v2: s3://b/v2.json is no manifest
  move it away
damaged pointer of qa: the pointer s3://b/qa is damaged
staging deploys v2, which is damaged
test deploys v0, which is not there
`,
  );
  expect(listDocument(list)).toMatchObject({
    builds: [{ tag: 'v1.2.0' }],
    environments: { prod: 'v1.2.0', staging: 'v2', test: 'v0' },
    damaged: {
      builds: { v2: 's3://b/v2.json is no manifest' },
      environments: { qa: expect.stringContaining('is damaged') },
    },
  });
});

test('where every build is damaged, nothing says that there is none', () => {
  const text = listText({ ...list, builds: [], pointers: new Map() }, NOW, undefined);
  expect(text).not.toContain('published yet');
  expect(text).toMatch(/^damaged build v2: /);
  const none = { ...list, builds: [], pointers: new Map(), damaged: [], damagedPointers: [] };
  expect(listText(none, NOW, undefined)).toBe('no build of shop is published yet\n');
  expect(listDocument(none).damaged).toEqual({ builds: {}, environments: {} });
});

test('in 40 columns no line is wider', () => {
  for (const line of listText(list, NOW, 40).split('\n')) expect(line.length).toBeLessThanOrEqual(40);
});
