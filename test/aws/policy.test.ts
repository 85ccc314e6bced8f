import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sdk } from '../../src/aws/ec2-sdk.ts';
import { sdk as s3 } from '../../src/aws/s3-sdk.ts';
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

/** What an operation needs, where its permission has another name. */
const PERMISSION: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  ListParts: 'ListMultipartUploadParts',
  ListMultipartUploads: 'ListBucketMultipartUploads',
};

const s3Policy = (name: string): Set<string> => {
  const [, policy = ''] =
    new RegExp(`<!-- policy ${name} -->\\n\\n\`\`\`json\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
  const { Statement }: { Statement: readonly Statement[] } = JSON.parse(policy);
  return new Set(Statement.flatMap(({ Action }) => Action));
};

test('who publishes and promotes may do all that rolecall does in S3, and nothing else', () => {
  const called = Object.keys(s3).flatMap((name) => /^(.+)Command$/.exec(name)?.[1] ?? []);
  const needed = new Set(called.map((name) => `s3:${PERMISSION[name] ?? name}`));
  expect([...s3Policy('release')].sort()).toEqual([...needed].sort());
});

test('who launches writes bundles, large ones too; what is launched reads', () => {
  expect([...s3Policy('launch')].sort()).toEqual([...s3Policy('release')].sort());
  expect([...s3Policy('machine')]).toEqual(['s3:GetObject']);
});

test('who launches may send what its machines send with its signature, and read it', () => {
  const [, policy = ''] = /<!-- policy launch -->\n\n```json\n([\s\S]*?)```/.exec(text) ?? [];
  const { Statement }: { Statement: readonly Statement[] } = JSON.parse(policy);
  const allowed = (action: string) =>
    Statement.filter(({ Action }) => [Action].flat().includes(action)).flatMap(({ Resource }) => Resource);
  for (const action of ['s3:PutObject', 's3:GetObject'])
    expect(allowed(action)).toEqual(
      expect.arrayContaining(['arn:aws:s3:::shop-rolecall/beacons/*', 'arn:aws:s3:::shop-rolecall/logs/*']),
    );
});
