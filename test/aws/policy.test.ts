import { describe, expect, test } from '@jest/globals';
import * as sdk from '../../src/aws/ec2-sdk.ts';
import * as s3 from '../../src/aws/s3-sdk.ts';
import {
  bucketArn,
  ec2Authorizations,
  instanceArn,
  s3Authorizations,
  type Tags,
} from '../support/authorizations.ts';
import { DOCUMENTED, documentedPolicy } from '../support/documented-policies.ts';
import { type Authorization, type Decision, decide, type Policy } from '../support/iam.ts';

const ec2 = documentedPolicy('ec2');
const launch = documentedPolicy('launch');
const release = documentedPolicy('release');
const machine = documentedPolicy('machine');
const writeOnce = documentedPolicy('write-once');
const { account, region, bucket, catalogue, ami } = DOCUMENTED;

const actionsOf = ({ Statement }: Policy) => [...new Set(Statement.flatMap(({ Action }) => Action))].sort();
const commandsOf = (sdk: object) => Object.keys(sdk).flatMap((name) => /^(.+)Command$/.exec(name)?.[1] ?? []);

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

describe('the documented policies name', () => {
  test('the operations of EC2 that rolecall calls, and no other', () => {
    const called = commandsOf(sdk).map((name) => `ec2:${name}`);
    expect(actionsOf(ec2)).toEqual([...called, 'iam:PassRole'].sort());
  });

  test('all resources only for operations that know none', () => {
    // DescribeInstances and DescribeInstanceStatus have no resource types in AWS's Service Authorization Reference.
    const broad = ec2.Statement.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action);
    expect(broad.sort()).toEqual(['ec2:DescribeInstanceStatus', 'ec2:DescribeInstances']);
  });

  test('the operations of S3 that rolecall calls, and no other; what is launched only reads', () => {
    const needed = new Set(commandsOf(s3).map((name) => `s3:${PERMISSION[name] ?? name}`));
    expect(actionsOf(release)).toEqual([...needed].sort());
    expect(actionsOf(launch)).toEqual([...needed].sort());
    expect(actionsOf(machine)).toEqual(['s3:GetObject']);
  });

  test('the account that owns the bucket, in every statement', () => {
    for (const { Statement } of [launch, release, machine])
      for (const { Condition } of Statement)
        expect(Condition?.['StringEquals']).toMatchObject({ 's3:ResourceAccount': account });
  });
});

/** The decision on a request as a whole: AWS must allow each part of it. */
const judged = (policies: readonly Policy[], asked: readonly Authorization[]): Decision =>
  asked.map((each) => decide(policies, each).decision).find((decision) => decision !== 'allowed') ??
  'allowed';

const OURS: Tags = { 'rolecall:catalogue': catalogue, 'rolecall:launch': 'l-1', 'rolecall:role': 'web' };
const THEIRS: Tags = { ...OURS, 'rolecall:catalogue': 'search' };
const MACHINES: Readonly<Record<string, Tags>> = { 'i-ours': OURS, 'i-theirs': THEIRS, 'i-other': {} };
const tagsOf = (id: string): Tags => MACHINES[id] ?? {};

/** A request to EC2. */
const asks = (Action: string, fields: Readonly<Record<string, string>> = {}) =>
  ec2Authorizations(new URLSearchParams({ Action, ...fields }), tagsOf);
const tagFields = (tags: Tags, name = 'Tag') =>
  Object.fromEntries(
    Object.entries(tags).flatMap(([key, value], index) => [
      [`${name}.${index + 1}.Key`, key],
      [`${name}.${index + 1}.Value`, value],
    ]),
  );
const tagged = (id: string, tags: Tags) => asks('CreateTags', { 'ResourceId.1': id, ...tagFields(tags) });
const run = (fields: Readonly<Record<string, string>> = {}, tags: Tags = OURS, volumes: Tags = tags) =>
  asks('RunInstances', {
    ImageId: ami,
    SubnetId: DOCUMENTED.subnet,
    'SecurityGroupId.1': DOCUMENTED.securityGroup,
    'TagSpecification.1.ResourceType': 'instance',
    ...tagFields(tags, 'TagSpecification.1.Tag'),
    'TagSpecification.2.ResourceType': 'volume',
    ...tagFields(volumes, 'TagSpecification.2.Tag'),
    ...fields,
  });

describe('who launches', () => {
  test.each<[string, Authorization[]]>([
    ['a machine of the catalogue', run()],
    [
      'a spot machine with a key pair and a role',
      run({
        KeyName: DOCUMENTED.keyName,
        'InstanceMarketOptions.MarketType': 'spot',
        'IamInstanceProfile.Name': DOCUMENTED.instanceProfile,
      }),
    ],
    ['tags of the catalogue’s own', run({}, { ...OURS, Name: 'x', team: 'a', cost_center: 'b' })],
    ['the verdict of a machine of the catalogue', tagged('i-ours', { 'rolecall:verdict': 'failed' })],
    ['its end', asks('TerminateInstances', { 'InstanceId.1': 'i-ours' })],
    ['its console', asks('GetConsoleOutput', { InstanceId: 'i-ours' })],
    ['its user data', asks('DescribeInstanceAttribute', { InstanceId: 'i-ours', Attribute: 'userData' })],
    ['all machines of the region', asks('DescribeInstances')],
  ])('may have %s', (_what, asked) => {
    expect(judged([ec2, launch], asked)).toBe('allowed');
  });

  const { 'rolecall:catalogue': _ours, ...unnamed } = OURS;
  test.each<[string, Authorization[]]>([
    ['a tag of a foreign key on a machine of the catalogue', tagged('i-ours', { owner: 'me' })],
    ['a foreign key beside the verdict', tagged('i-ours', { 'rolecall:verdict': 'failed', owner: 'me' })],
    ['a verdict that is none', tagged('i-ours', { 'rolecall:verdict': 'outdated' })],
    ['a key without a verdict', tagged('i-ours', {})],
    ['another fleet for a machine of the catalogue', tagged('i-ours', { 'rolecall:role': 'db' })],
    ['another catalogue for it', tagged('i-ours', { 'rolecall:catalogue': 'search' })],
    ['the catalogue for a machine of another one', tagged('i-theirs', { 'rolecall:catalogue': catalogue })],
    ['the fleet of a machine of another one', tagged('i-theirs', { 'rolecall:role': 'web' })],
    ['the catalogue for a machine of nobody', tagged('i-other', { 'rolecall:catalogue': catalogue })],
    ['the verdict of a machine of another one', tagged('i-theirs', { 'rolecall:verdict': 'failed' })],
    ['the end of a machine of another one', asks('TerminateInstances', { 'InstanceId.1': 'i-theirs' })],
    [
      'the end of two, of which one is another’s',
      asks('TerminateInstances', { 'InstanceId.1': 'i-ours', 'InstanceId.2': 'i-theirs' }),
    ],
    ['the end of a machine without tags', asks('TerminateInstances', { 'InstanceId.1': 'i-other' })],
    ['the stop of a machine of another one', asks('StopInstances', { 'InstanceId.1': 'i-theirs' })],
    ['the console of a machine of another one', asks('GetConsoleOutput', { InstanceId: 'i-theirs' })],
    [
      'the user data of a machine of another one',
      asks('DescribeInstanceAttribute', { InstanceId: 'i-theirs' }),
    ],
    ['another image', run({ ImageId: 'ami-0fedcba9876543210' })],
    ['another subnet', run({ SubnetId: 'subnet-0fedcba9876543210' })],
    ['another security group', run({ 'SecurityGroupId.2': 'sg-0fedcba9876543210' })],
    ['another key pair', run({ KeyName: 'mine' })],
    ['a machine without the catalogue’s tag', run({}, unnamed)],
    ['a machine without any tag', run({}, {})],
    ['volumes without the tags', run({}, OURS, {})],
    ['a machine of another catalogue', run({}, THEIRS)],
    ['a machine with a tag of a foreign key', run({}, { ...OURS, owner: 'me' })],
    ['a machine with another role', run({ 'IamInstanceProfile.Name': 'administrator' })],
    [
      'a machine with another role, by its ARN',
      run({ 'IamInstanceProfile.Arn': `arn:aws:iam::${account}:instance-profile/x/administrator` }),
    ],
    [
      'the role for another service',
      [
        {
          action: 'iam:PassRole',
          resource: `arn:aws:iam::${account}:role/NAME-OF-THE-ROLE`,
          context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
        },
      ],
    ],
    [
      'all machines of another region',
      [{ action: 'ec2:DescribeInstances', resource: '*', context: { 'aws:RequestedRegion': 'us-east-1' } }],
    ],
    [
      'other operations',
      [
        {
          action: 'ec2:ModifyInstanceAttribute',
          resource: instanceArn('i-ours'),
          context: { 'aws:ResourceTag/rolecall:catalogue': catalogue },
        },
      ],
    ],
    [
      'tags taken away',
      [
        {
          action: 'ec2:DeleteTags',
          resource: instanceArn('i-ours'),
          context: { 'aws:ResourceTag/rolecall:catalogue': catalogue, 'aws:TagKeys': ['rolecall:catalogue'] },
        },
      ],
    ],
    [
      'a machine of the catalogue in another account',
      [
        {
          action: 'ec2:TerminateInstances',
          resource: `arn:aws:ec2:${region}:999999999999:instance/i-1`,
          context: { 'aws:ResourceTag/rolecall:catalogue': catalogue },
        },
      ],
    ],
  ])('may not have %s', (_what, asked) => {
    expect(judged([ec2, launch], asked)).toBe('not allowed');
  });
});

/** A request to the bucket, or to another one. */
const s3Asks = (
  method: string,
  path: string,
  { status = 200, of = bucket, formKey }: { status?: number; of?: string; formKey?: string } = {},
) => s3Authorizations({ method, url: `/${of}/${path}`, status, formKey });
const foreign = (asked: Authorization[]): Authorization[] =>
  asked.map((each) => ({ ...each, context: { ...each.context, 's3:ResourceAccount': '999999999999' } }));

const READ_A_BUILD = s3Asks('GET', 'builds/shop/v1.tar.gz');

describe('in the bucket', () => {
  test.each<[string, Policy[], Authorization[]]>([
    ['who launches reads a build', [launch], READ_A_BUILD],
    [
      'who launches is told of a missing record',
      [launch],
      s3Asks('GET', 'launches/l-1/batches/1.json', { status: 404 }),
    ],
    ['who launches goes on with a large bundle', [launch], s3Asks('GET', 'bundles/l-1/abc?uploadId=x')],
    ['who launches gives up a large bundle', [launch], s3Asks('DELETE', 'bundles/l-1/abc?uploadId=x')],
    [
      'who launches signs forms for beacons',
      [launch],
      s3Asks('POST', '', { formKey: 'beacons/l-1/v/i-1/x' }),
    ],
    ['who launches lists beacons', [launch], s3Asks('GET', '?list-type=2&prefix=beacons/l-1/v/')],
    ['who releases moves a pointer', [release], s3Asks('PUT', 'pointers/shop/prod')],
    ['who releases goes on with an upload', [release], s3Asks('GET', 'builds/shop/v1.tar.gz?uploadId=x')],
    ['who releases gives up an upload', [release], s3Asks('DELETE', 'builds/shop/v1.tar.gz?uploadId=x')],
    ['a machine fetches its build', [machine], READ_A_BUILD],
  ])('%s', (_what, policies, asked) => {
    expect(judged(policies, asked)).toBe('allowed');
  });

  test.each<[string, Policy[], Authorization[]]>([
    ['who launches lists everything', [launch], s3Asks('GET', '?list-type=2')],
    ['who launches lists with an empty prefix', [launch], s3Asks('GET', '?list-type=2&prefix=')],
    ['who launches lists a foreign prefix', [launch], s3Asks('GET', '?list-type=2&prefix=payroll/')],
    ['who launches lists the beginning of ours', [launch], s3Asks('GET', '?list-type=2&prefix=build')],
    ['who launches puts outside of the prefix', [launch], s3Asks('PUT', 'payroll/2026.csv')],
    ['who launches reads outside of the prefix', [launch], s3Asks('GET', 'payroll/2026.csv')],
    ['who launches publishes a build', [launch], s3Asks('PUT', 'builds/shop/v1.tar.gz')],
    ['who launches moves a pointer', [launch], s3Asks('PUT', 'pointers/shop/prod')],
    [
      'who launches deletes',
      [launch],
      [
        {
          action: 's3:DeleteObject',
          resource: bucketArn(bucket, 'launches/x'),
          context: { 's3:ResourceAccount': account },
        },
      ],
    ],
    [
      'who launches signs forms for builds',
      [launch],
      s3Asks('POST', '', { formKey: 'builds/shop/v1.tar.gz' }),
    ],
    ['who launches asks a bucket of that name in another account', [launch], foreign(READ_A_BUILD)],
    [
      'who launches lists one in another account',
      [launch],
      foreign(s3Asks('GET', '?list-type=2&prefix=launches/')),
    ],
    [
      'who launches puts records into one in another account',
      [launch],
      foreign(s3Asks('PUT', 'launches/l-1.json')),
    ],
    [
      'who launches reads another bucket',
      [launch],
      s3Asks('GET', 'builds/shop/v1.tar.gz', { of: 'shop-rolecall-2' }),
    ],
    ['who releases writes records', [release], s3Asks('PUT', 'launches/l-1.json')],
    ['who releases lists launches', [release], s3Asks('GET', '?list-type=2&prefix=launches/')],
    ['who releases reads bundles', [release], s3Asks('GET', 'bundles/l-1/abc')],
    ['who releases launches', [release], run()],
    ['a machine publishes', [machine], s3Asks('PUT', 'builds/shop/v1.tar.gz')],
    ['a machine reads another app', [machine], s3Asks('GET', 'builds/search/v1.tar.gz')],
    ['a machine reads records', [machine], s3Asks('GET', 'launches/l-1.json')],
    ['a machine fetches from another account', [machine], foreign(READ_A_BUILD)],
  ])('nothing allows that %s', (_what, policies, asked) => {
    expect(judged(policies, asked)).toBe('not allowed');
  });

  test('the write-once policy denies what the other one allows', () => {
    const put = (context: Authorization['context']): Authorization[] =>
      s3Asks('PUT', 'builds/shop/v1.tar.gz').map((each) => ({
        ...each,
        context: { ...each.context, ...context },
      }));
    const whole = { 's3:ObjectCreationOperation': 'true' };
    expect(judged([release, writeOnce], put(whole))).toBe('denied');
    expect(judged([release, writeOnce], put({ ...whole, 's3:if-none-match': '*' }))).toBe('allowed');
    expect(judged([release, writeOnce], put({ 's3:ObjectCreationOperation': 'false' }))).toBe('allowed');
    const end = (who: string): Authorization[] => [
      {
        action: 's3:DeleteObject',
        resource: bucketArn(bucket, 'builds/shop/v1.tar.gz'),
        context: { 's3:ResourceAccount': account, 'aws:PrincipalArn': `arn:aws:iam::${account}:role/${who}` },
      },
    ];
    expect(judged([release, writeOnce], end('ci'))).toBe('denied');
    expect(judged([release, writeOnce], end('BUCKET-ADMINISTRATOR'))).toBe('not allowed');
  });
});
