import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { packageRoot } from '../../../src/files/package-root.ts';
import { OPERATIONS } from '../src/ec2/operations.ts';
import { S3_OPERATIONS } from '../src/s3/endpoint.ts';

const SPEC = readFileSync(join(packageRoot(), 'packages', 'local-cloud', 'SPEC.md'), 'utf8');

/** The rows of the table of operations: name, parameters, test file. */
const rows = [...SPEC.matchAll(/^\| `([A-Z]\w+)` +\| (.*?) +\| (.*) +\| `(test\/\S+)` +\|$/gm)].map((match) =>
  match.slice(1),
);

test('SPEC.md tells of every operation, and of no other', () => {
  expect(rows.map(([name]) => name)).toEqual([...OPERATIONS.keys()]);
});

test.each(rows)(
  '%s: SPEC.md lists its parameters, and the test that it names calls it',
  (name = '', params = '', _ = '', file = '') => {
    const listed = [...params.matchAll(/`(\w+)`/g)].map(([, param]) => param);
    expect(listed).toEqual([...(OPERATIONS.get(name)?.params ?? [])]);
    const text = readFileSync(join(packageRoot(), 'packages/local-cloud', file), 'utf8');
    const calls =
      name === 'RunInstances'
        ? /\brun\(/
        : name === 'DescribeInstances'
          ? /describeAll\(/
          : new RegExp(`${name}Command`);
    expect(text).toMatch(calls);
  },
);

/** The rows of the table of S3's operations: name, test file. */
const s3Rows = [...SPEC.matchAll(/^\| `([A-Z]\w+)` +\| `((?:\.\.\/\.\.\/)?test\/\S+)` +\|$/gm)].map((match) =>
  match.slice(1),
);

test('SPEC.md tells of every operation of S3, and of no other', () => {
  expect(s3Rows.map(([name]) => name)).toEqual([...S3_OPERATIONS]);
});

test.each(s3Rows)('%s of S3: the test that SPEC.md names calls it', (name = '', file = '') => {
  const text = readFileSync(join(packageRoot(), 'packages/local-cloud', file), 'utf8');
  expect(text).toMatch(
    name === 'PostObject' ? /generate_presigned_post/ : new RegExp(`\\b${name}Command\\b`),
  );
});
