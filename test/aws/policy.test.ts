import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sdk } from '../../src/aws/sdk.ts';
import { packageRoot } from '../../src/io/package-root.ts';

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const text = readFileSync(join(packageRoot(), 'docs/aws.md'), 'utf8');
const [, json = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
const { Statement: statements }: { Statement: readonly Statement[] } = JSON.parse(json);

test('the policy in docs/aws.md allows the operations that rolecall calls, and no other', () => {
  const allowed = new Set(statements.flatMap(({ Action }) => Action));
  const called = Object.keys(sdk).flatMap((name) => /^(.+)Command$/.exec(name)?.[1] ?? []);
  expect([...allowed].sort()).toEqual([...called.map((name) => `ec2:${name}`), 'iam:PassRole'].sort());
});

test('only operations that know no resources are allowed on all', () => {
  // DescribeInstances and DescribeInstanceStatus have no resource types in AWS's Service Authorization Reference.
  const broad = statements.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action);
  expect(broad.sort()).toEqual(['ec2:DescribeInstanceStatus', 'ec2:DescribeInstances']);
});
