import {
  DescribeTagsCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeAll, idsOf, inState, refusal, run, runOne } from '../../../../test/support/ec2-calls.ts';
import { AMI, testCloud } from '../../../../test/support/local-cloud.ts';
import { holdsAsync } from '../../../../test/support/property.ts';

describe('RunInstances refuses', () => {
  test.each<[string, Partial<RunInstancesCommandInput>, string]>([
    [
      'an AMI nobody registered',
      { ImageId: 'ami-00000000000000000' },
      "InvalidAMIID.NotFound (400): The image id '[ami-00000000000000000]' does not exist",
    ],
    [
      'an AMI id that is none',
      { ImageId: 'my-image' },
      'InvalidAMIID.Malformed (400): Invalid id: "my-image" (expecting "ami-...")',
    ],
    [
      'no AMI',
      { ImageId: undefined },
      'MissingParameter (400): The request must contain the parameter ImageId',
    ],
    [
      'an unknown type',
      { InstanceType: 't9.huge' as never },
      "InvalidParameterValue (400): Invalid value 't9.huge' for InstanceType.",
    ],
    [
      'an unknown subnet',
      { SubnetId: 'subnet-0123' },
      "InvalidSubnetID.NotFound (400): The subnet ID 'subnet-0123' does not exist",
    ],
    [
      'an unknown zone',
      { Placement: { AvailabilityZone: 'us-east-1x' } },
      'InvalidParameterValue (400): Invalid availability zone: [us-east-1x]',
    ],
    [
      'a zone of another region',
      { Placement: { AvailabilityZone: 'eu-west-1a' } },
      'InvalidParameterValue (400): Invalid availability zone: [eu-west-1a]',
    ],
    [
      'a security group that is none',
      { SecurityGroupIds: ['web'] },
      'InvalidGroupId.Malformed (400): Invalid id: "web" (expecting "sg-...")',
    ],
    [
      'too much user data',
      { UserData: Buffer.alloc(16_385, 'x').toString('base64') },
      'InvalidParameterValue (400): User data is limited to 16384 bytes',
    ],
    [
      'user data without base64',
      { UserData: 'role=web!' },
      'InvalidUserData.Malformed (400): Invalid BASE64 encoding of user data.',
    ],
    [
      'more machines at least than at most',
      { MinCount: 3, MaxCount: 2 },
      'InvalidParameterCombination (400): MinCount (3) exceeds MaxCount (2)',
    ],
    [
      'no machines',
      { MinCount: 0, MaxCount: 1 },
      'InvalidParameterValue (400): Value ( 0 ) for parameter MinCount is invalid. Expecting a value between 1 and 1000',
    ],
    [
      'an odd shutdown behaviour',
      { InstanceInitiatedShutdownBehavior: 'sleep' as never },
      'InvalidParameterValue (400): Value (sleep) for parameter InstanceInitiatedShutdownBehavior is invalid. Expecting stop or terminate',
    ],
    [
      'reserved tags',
      { TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'aws:x', Value: 'y' }] }] },
      "InvalidParameterValue (400): Value ( aws:x ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use",
    ],
    [
      '51 tags',
      {
        TagSpecifications: [
          {
            ResourceType: 'instance',
            Tags: Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' })),
          },
        ],
      },
      'TagLimitExceeded (400): The maximum number of Tags for a resource has been reached.',
    ],
    [
      'tags for what it does not make',
      { TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'a', Value: 'b' }] }] },
      "InvalidParameterValue (400): 'vpc' is not a valid taggable resource type for this operation.",
    ],
    [
      'a token of 65 characters',
      { ClientToken: 'x'.repeat(65) },
      `InvalidParameterValue (400): Value (${'x'.repeat(65)}) for parameter clientToken is invalid. Expecting at most 64 ASCII characters`,
    ],
    [
      'a parameter it knows nothing of',
      { RamdiskId: 'ari-1' },
      'UnknownParameter (400): The parameter RamdiskId is not recognized by the local cloud',
    ],
    [
      'a dry run, when all is well',
      { DryRun: true },
      'DryRunOperation (412): Request would have succeeded, but DryRun flag is set.',
    ],
    [
      'a dry run, when it is not',
      { DryRun: true, ImageId: 'ami-00000000000000000' },
      "InvalidAMIID.NotFound (400): The image id '[ami-00000000000000000]' does not exist",
    ],
  ])('%s, and launches nothing', async (_, more, expected) => {
    await using cloud = await testCloud();
    expect(await refusal(run(cloud.ec2, more))).toBe(expected);
    expect(await describeAll(cloud.ec2)).toEqual([]);
  });
});

describe('RunInstances', () => {
  test('takes everything that rolecall sends, and gives it back', async () => {
    await using cloud = await testCloud();
    const [machine] = await run(cloud.ec2, {
      InstanceType: 'm6i.large',
      KeyName: 'ops',
      SecurityGroupIds: ['sg-0123456789abcdef0'],
      IamInstanceProfile: { Name: 'web' },
      MetadataOptions: {
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'enabled',
      },
      InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.1' } },
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvdb', Ebs: { VolumeSize: 20, VolumeType: 'gp3', DeleteOnTermination: false } },
      ],
      UserData: Buffer.alloc(16_384, 'x').toString('base64'),
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'ü <&> "\'' }] },
        { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'v' }] },
      ],
    });
    expect(machine).toMatchObject({
      KeyName: 'ops',
      InstanceLifecycle: 'spot',
      SecurityGroups: [{ GroupId: 'sg-0123456789abcdef0' }],
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/web' },
      MetadataOptions: {
        HttpTokens: 'required',
        HttpPutResponseHopLimit: 2,
        InstanceMetadataTags: 'enabled',
      },
      Tags: [{ Key: 'Name', Value: 'ü <&> "\'' }],
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true } },
        { DeviceName: '/dev/xvdb', Ebs: { DeleteOnTermination: false } },
      ],
    });
    const { Tags } = await cloud.ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'resource-type', Values: ['volume'] }] }),
    );
    expect(Tags?.map(({ Value }) => Value)).toEqual(['v', 'v']);
  });

  test('numbers the machines of a call from 0 and puts them into the zone of the subnet', async () => {
    await using cloud = await testCloud();
    const [first] = await run(cloud.ec2, { Placement: { AvailabilityZone: 'us-east-1b' } });
    const machines = await run(cloud.ec2, { MinCount: 3, MaxCount: 3, SubnetId: first?.SubnetId });
    expect(
      machines.map(({ AmiLaunchIndex, Placement }) => [AmiLaunchIndex, Placement?.AvailabilityZone]),
    ).toEqual([
      [0, 'us-east-1b'],
      [1, 'us-east-1b'],
      [2, 'us-east-1b'],
    ]);
    expect(new Set(machines.map(({ PrivateIpAddress }) => PrivateIpAddress)).size).toBe(3);
  });
});

describe('ClientToken', () => {
  test('the same request again gives the same machines; another one is refused', async () => {
    await using cloud = await testCloud();
    const first = await run(cloud.ec2, { ClientToken: 't', MinCount: 2, MaxCount: 2 });
    expect(idsOf(await run(cloud.ec2, { ClientToken: 't', MinCount: 2, MaxCount: 2 }))).toEqual(idsOf(first));
    expect(await refusal(run(cloud.ec2, { ClientToken: 't', MinCount: 1, MaxCount: 2 }))).toMatch(
      /^IdempotentParameterMismatch \(400\)/,
    );
    expect(await describeAll(cloud.ec2)).toHaveLength(2);
  });

  test('is case-sensitive, and its scope is the zone where one is given', async () => {
    await using cloud = await testCloud();
    const inZone = (zone: string) => ({ ClientToken: 't', Placement: { AvailabilityZone: zone } });
    await run(cloud.ec2, { ClientToken: 't' });
    await run(cloud.ec2, { ClientToken: 'T' });
    await run(cloud.ec2, inZone('us-east-1a'));
    await run(cloud.ec2, inZone('us-east-1b'));
    await run(cloud.ec2, inZone('us-east-1b'));
    await run(cloud.client({ region: 'eu-west-1' }), { ClientToken: 't' });
    expect(await describeAll(cloud.ec2, { Filters: [{ Name: 'client-token', Values: ['t'] }] })).toHaveLength(
      3,
    );
    expect(await describeAll(cloud.ec2)).toHaveLength(4);
  });

  test('is spent when all its machines are terminated, not when one still runs', async () => {
    await using cloud = await testCloud();
    const request = { ClientToken: 't', MinCount: 2, MaxCount: 2 };
    const [one = '', two = ''] = idsOf(await run(cloud.ec2, request));
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [one] }));
    expect(idsOf(await run(cloud.ec2, request))).toEqual([one, two]);
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [two] }));
    await inState(cloud.ec2, two, 'terminated');
    expect(await refusal(run(cloud.ec2, request))).toMatch(/^IdempotentInstanceTerminated \(400\)/);
  });

  test('a refused request does not use it up', async () => {
    await using cloud = await testCloud();
    await refusal(run(cloud.ec2, { ClientToken: 't', ImageId: 'ami-00000000000000000' }));
    expect(await runOne(cloud.ec2, { ClientToken: 't' })).toMatch(/^i-/);
  });

  test('whatever is repeated in whatever order, a token never makes more than one batch', async () => {
    await using cloud = await testCloud();
    const token = fc.constantFrom('a', 'b', 'c');
    const count = fc.integer({ min: 1, max: 3 });
    let round = 0;
    await holdsAsync(
      fc.asyncProperty(fc.array(fc.tuple(token, count), { minLength: 1, maxLength: 6 }), async (calls) => {
        round += 1;
        const sent = calls.map(([name, n]) => ({ ClientToken: `${name}${round}`, MinCount: n, MaxCount: n }));
        // All at once: repeats may overtake one another.
        const answers = await Promise.allSettled(sent.map((request) => run(cloud.ec2, request)));
        for (const name of new Set(sent.map(({ ClientToken }) => ClientToken))) {
          const given = answers.flatMap((answer, index) =>
            sent[index]?.ClientToken === name && answer.status === 'fulfilled' ? [idsOf(answer.value)] : [],
          );
          const made = await describeAll(cloud.ec2, { Filters: [{ Name: 'client-token', Values: [name] }] });
          expect(given.length).toBeGreaterThan(0);
          for (const ids of given) expect(ids).toEqual(idsOf(made));
        }
      }),
      { numRuns: 25 },
    );
  });
});

test('an image is known once it is registered, whatever its content', async () => {
  await using cloud = await testCloud();
  const answer = await cloud.control('POST', 'images', {
    id: AMI,
    overlay: '/somewhere',
    packages: ['memcached'],
  });
  expect([answer.status, answer.json]).toEqual([200, { id: AMI, built: false }]);
  expect(await runOne(cloud.ec2)).toMatch(/^i-/);
});
