import { expect, test } from '@jest/globals';
import { builtText } from '../../src/reporters/release.ts';
import { BUILD } from '../support/builds.ts';

const built = { build: BUILD, path: '/tmp/v.tar.gz', manifestPath: '/tmp/v.tar.gz.json', notes: [] };

test.each([
  [1, '1 file,'],
  [2, '2 files,'],
])('a build of %i', (files, expected) => {
  expect(builtText({ ...built, files })).toContain(` ${expected} 1.2 MB`);
});
