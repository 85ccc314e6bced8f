import {
  CreateTagsCommand,
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceStatusCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { describeAll, idsOf, inState, refusal, run, runOne } from '../../../../test/support/ec2-calls.ts';
import { AMI, testCloud } from '../../../../test/support/local-cloud.ts';

describe('DescribeInstances', () => {
  test('finds machines by every filter it knows', async () => {
    await using cloud = await testCloud();
    await run(cloud.ec2);
    const [wanted] = await run(cloud.ec2, {
      ClientToken: 'token',
      InstanceType: 'm5.large',
      KeyName: 'ops',
      Placement: { AvailabilityZone: 'us-east-1c' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'rolecall:launch', Value: 'one' }] }],
      InstanceMarketOptions: { MarketType: 'spot' },
      SecurityGroupIds: ['sg-0123456789abcdef0'],
      IamInstanceProfile: { Arn: 'arn:aws:iam::1:instance-profile/web' },
    });
    const filters: [string, string | undefined][] = [
      ['tag:rolecall:launch', 'one'],
      ['tag:rolecall:launch', 'on?'],
      ['tag-key', 'rolecall:*'],
      ['client-token', 'token'],
      ['instance-id', wanted?.InstanceId],
      ['instance-type', 'm5.large'],
      ['key-name', 'ops'],
      ['availability-zone', 'us-east-1c'],
      ['subnet-id', wanted?.SubnetId],
      ['private-ip-address', wanted?.PrivateIpAddress],
      ['instance-lifecycle', 'spot'],
      ['instance.group-id', 'sg-0123456789abcdef0'],
      ['iam-instance-profile.arn', 'arn:aws:iam::1:instance-profile/web'],
    ];
    for (const [Name, value = ''] of filters) {
      const found = await describeAll(cloud.ec2, { Filters: [{ Name, Values: ['nothing', value] }] });
      expect([Name, idsOf(found)]).toEqual([Name, [wanted?.InstanceId]]);
    }
    for (const [Name, value] of [
      ['image-id', AMI],
      ['vpc-id', wanted?.VpcId ?? ''],
      ['owner-id', '000000000000'],
      ['launch-index', '0'],
    ] as const)
      expect(await describeAll(cloud.ec2, { Filters: [{ Name, Values: [value] }] })).toHaveLength(2);
    const both = [
      { Name: 'tag-key', Values: ['rolecall:launch'] },
      { Name: 'instance-type', Values: ['t3.micro'] },
    ];
    expect(await describeAll(cloud.ec2, { Filters: both })).toEqual([]);
  });

  test('finds machines by what has become of them', async () => {
    await using cloud = await testCloud();
    const [dead = '', alive = ''] = idsOf(await run(cloud.ec2, { MinCount: 2, MaxCount: 2 }));
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [dead] }));
    await inState(cloud.ec2, dead, 'terminated');
    await inState(cloud.ec2, alive, 'running');
    const by = async (Name: string, value: string) =>
      idsOf(await describeAll(cloud.ec2, { Filters: [{ Name, Values: [value] }] }));
    expect(await by('instance-state-name', 'running')).toEqual([alive]);
    expect(await by('instance-state-code', '48')).toEqual([dead]);
    expect(await by('state-reason-code', 'Client.UserInitiatedShutdown')).toEqual([dead]);
  });

  test('gives page after page, also while machines come and go', async () => {
    await using cloud = await testCloud();
    const ids = [
      ...idsOf(await run(cloud.ec2, { MinCount: 4, MaxCount: 4 })),
      ...idsOf(await run(cloud.ec2, { MinCount: 8, MaxCount: 8 })),
    ];
    const up = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
    const seen: string[] = [];
    let pages = 0;
    for await (const page of paginateDescribeInstances({ client: cloud.ec2, pageSize: 5 }, { Filters: up })) {
      const these = (page.Reservations ?? []).flatMap((r) => idsOf(r.Instances ?? []));
      seen.push(...these);
      pages += 1;
      // The last one given is gone when the next page is asked for.
      await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: these.slice(-1) }));
    }
    expect(pages).toBe(3);
    expect(seen.sort()).toEqual(ids.sort());
  });

  test.each([
    [
      'an unknown filter',
      { Filters: [{ Name: 'colour', Values: ['red'] }] },
      "InvalidParameterValue (400): The filter 'colour' is invalid",
    ],
    [
      'a filter of 201 values',
      { Filters: [{ Name: 'tag-key', Values: Array.from({ length: 201 }, (_, n) => `${n}`) }] },
      "InvalidParameterValue (400): The filter 'tag-key' has 201 values; 200 are allowed",
    ],
    [
      'an unknown id',
      { InstanceIds: ['i-0123456789abcdef0'] },
      "InvalidInstanceID.NotFound (400): The instance ID 'i-0123456789abcdef0' does not exist",
    ],
    [
      'two unknown ids',
      { InstanceIds: ['i-00000001', 'i-00000002'] },
      "InvalidInstanceID.NotFound (400): The instance IDs 'i-00000001, i-00000002' do not exist",
    ],
    [
      'an id that is none',
      { InstanceIds: ['web-1'] },
      'InvalidInstanceID.Malformed (400): Invalid id: "web-1"',
    ],
    [
      'ids with a page size',
      { InstanceIds: ['i-00000001'], MaxResults: 5 },
      'InvalidParameterCombination (400): The parameter instancesSet cannot be used with the parameter maxResults',
    ],
    [
      'too small a page',
      { MaxResults: 4 },
      'InvalidParameterValue (400): Value ( 4 ) for parameter MaxResults is invalid. Expecting a value between 5 and 1000',
    ],
    [
      'a token of its own making',
      { NextToken: 'x' },
      'InvalidParameterValue (400): Unable to parse pagination token',
    ],
    [
      'a dry run',
      { DryRun: true },
      'DryRunOperation (412): Request would have succeeded, but DryRun flag is set.',
    ],
  ])('refuses %s', async (_, input, expected) => {
    await using cloud = await testCloud();
    expect(await refusal(describeAll(cloud.ec2, input))).toBe(expected);
  });

  test('a region knows nothing of another one', async () => {
    await using cloud = await testCloud();
    const id = await runOne(cloud.client({ region: 'eu-central-1' }));
    expect(await describeAll(cloud.ec2)).toEqual([]);
    expect(await refusal(describeAll(cloud.ec2, { InstanceIds: [id] }))).toMatch(
      /^InvalidInstanceID.NotFound/,
    );
    expect((await describeAll(cloud.client({ region: 'eu-central-1' })))[0]?.PrivateDnsName).toBe(
      'ip-172-31-0-4.eu-central-1.compute.internal',
    );
  });
});

describe('DescribeInstanceStatus', () => {
  test('tells of running machines, and of all when asked; impaired where a fault says so', async () => {
    await using cloud = await testCloud({ faults: { impaired: { launchIndexes: [1] } } });
    const [well = '', ill = '', gone = ''] = idsOf(await run(cloud.ec2, { MinCount: 3, MaxCount: 3 }));
    for (const id of [well, ill, gone]) await inState(cloud.ec2, id, 'running');
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [gone] }));
    const status = async (IncludeAllInstances: boolean) =>
      (await cloud.ec2.send(new DescribeInstanceStatusCommand({ IncludeAllInstances }))).InstanceStatuses ??
      [];
    const brief = (await status(false)).map((s) => [
      s.InstanceId,
      s.InstanceStatus?.Status,
      s.SystemStatus?.Details?.[0],
    ]);
    expect(brief).toEqual([
      [well, 'ok', { Name: 'reachability', Status: 'passed' }],
      [ill, 'impaired', { Name: 'reachability', Status: 'failed' }],
    ]);
    expect((await status(true)).find(({ InstanceId }) => InstanceId === gone)?.InstanceStatus?.Status).toBe(
      'not-applicable',
    );
  });
});

describe('DescribeInstanceAttribute', () => {
  test('gives user data as it was sent, and nothing where none was', async () => {
    await using cloud = await testCloud();
    const sent = Buffer.from('role=web\n\u00fc').toString('base64');
    const attribute = async (
      id: string,
      Attribute: 'userData' | 'instanceInitiatedShutdownBehavior' | 'kernel',
    ) => cloud.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
    const withData = await runOne(cloud.ec2, {
      UserData: sent,
      InstanceInitiatedShutdownBehavior: 'terminate',
    });
    expect((await attribute(withData, 'userData')).UserData?.Value).toBe(sent);
    expect(
      (await attribute(withData, 'instanceInitiatedShutdownBehavior')).InstanceInitiatedShutdownBehavior
        ?.Value,
    ).toBe('terminate');
    expect((await attribute(await runOne(cloud.ec2), 'userData')).UserData?.Value).toBeUndefined();
    expect(await refusal(attribute(withData, 'kernel'))).toBe(
      'InvalidParameterValue (400): Value (kernel) for parameter attribute is invalid. Unknown attribute.',
    );
  });
});

describe('tags', () => {
  test('CreateTags joins and replaces; DescribeTags and filters see it', async () => {
    await using cloud = await testCloud();
    const [machine] = await run(cloud.ec2, {
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: '1' }] }],
    });
    const id = machine?.InstanceId ?? '';
    const volume = machine?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? '';
    await cloud.ec2.send(
      new CreateTagsCommand({
        Resources: [id, volume],
        Tags: [
          { Key: 'a', Value: '2' },
          { Key: 'b', Value: '' },
        ],
      }),
    );
    const { Tags } = await cloud.ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }),
    );
    expect(Tags).toEqual([
      { ResourceId: id, ResourceType: 'instance', Key: 'a', Value: '2' },
      { ResourceId: id, ResourceType: 'instance', Key: 'b', Value: '' },
    ]);
    expect(await describeAll(cloud.ec2, { Filters: [{ Name: 'tag:a', Values: ['2'] }] })).toHaveLength(1);
  });

  test('one bad id tags none', async () => {
    await using cloud = await testCloud();
    const id = await runOne(cloud.ec2);
    const tag = (...Resources: string[]) =>
      cloud.ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'a', Value: '1' }] }));
    expect(await refusal(tag(id, 'i-0123456789abcdef0'))).toMatch(/^InvalidInstanceID.NotFound/);
    expect(await refusal(tag(id, 'web'))).toBe("InvalidID (400): The ID 'web' is not valid");
    expect(await refusal(tag())).toBe(
      'MissingParameter (400): The request must contain the parameter ResourceId',
    );
    expect(await describeAll(cloud.ec2, { Filters: [{ Name: 'tag-key', Values: ['a'] }] })).toEqual([]);
  });
});

describe('the world around the machines', () => {
  test('three zones a region, a default subnet in each', async () => {
    await using cloud = await testCloud();
    const ec2 = cloud.client({ region: 'ap-southeast-2' });
    const { AvailabilityZones } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
    expect(AvailabilityZones?.map(({ ZoneName, ZoneId, State }) => [ZoneName, ZoneId, State])).toEqual([
      ['ap-southeast-2a', 'apse2-az1', 'available'],
      ['ap-southeast-2b', 'apse2-az2', 'available'],
      ['ap-southeast-2c', 'apse2-az3', 'available'],
    ]);
    const { Subnets } = await ec2.send(
      new DescribeSubnetsCommand({ Filters: [{ Name: 'availability-zone', Values: ['*b', '*c'] }] }),
    );
    expect(
      Subnets?.map(({ CidrBlock, AvailabilityZone, DefaultForAz }) => [
        CidrBlock,
        AvailabilityZone,
        DefaultForAz,
      ]),
    ).toEqual([
      ['172.31.16.0/20', 'ap-southeast-2b', true],
      ['172.31.32.0/20', 'ap-southeast-2c', true],
    ]);
    const [subnet] = Subnets ?? [];
    const again = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnet?.SubnetId ?? ''] }));
    expect(again.Subnets).toEqual([subnet]);
    expect(await refusal(ec2.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-1'] })))).toBe(
      "InvalidSubnetID.NotFound (400): The subnet ID 'subnet-1' does not exist",
    );
    expect(await refusal(ec2.send(new DescribeAvailabilityZonesCommand({ ZoneNames: ['x'] })))).toBe(
      'InvalidParameterValue (400): Invalid availability zone: [x]',
    );
  });

  test('regions', async () => {
    await using cloud = await testCloud();
    const { Regions } = await cloud.ec2.send(new DescribeRegionsCommand({ RegionNames: ['eu-west-1'] }));
    expect(Regions?.map(({ RegionName, Endpoint }) => [RegionName, Endpoint])).toEqual([
      ['eu-west-1', 'ec2.eu-west-1.amazonaws.com'],
    ]);
    expect(await refusal(cloud.ec2.send(new DescribeRegionsCommand({ RegionNames: ['mars-1'] })))).toBe(
      'InvalidParameterValue (400): Invalid region name: [mars-1]',
    );
  });

  test('instance types', async () => {
    await using cloud = await testCloud();
    const types = async (input: object) =>
      (await cloud.ec2.send(new DescribeInstanceTypesCommand(input))).InstanceTypes ?? [];
    const found = await types({ InstanceTypes: ['t2.micro', 'm6i.2xlarge', 'c7g.large'] });
    expect(
      found.map((t) => [
        t.InstanceType,
        t.VCpuInfo?.DefaultVCpus,
        t.MemoryInfo?.SizeInMiB,
        t.Hypervisor,
        t.ProcessorInfo?.SupportedArchitectures,
      ]),
    ).toEqual([
      ['c7g.large', 2, 4096, 'nitro', ['arm64']],
      ['m6i.2xlarge', 8, 32_768, 'nitro', ['x86_64']],
      ['t2.micro', 1, 1024, 'xen', ['x86_64']],
    ]);
    expect(await refusal(types({ InstanceTypes: ['t9.huge'] }))).toBe(
      'InvalidInstanceType (400): The following supplied instance types do not exist: [t9.huge]',
    );
  });

  test('images', async () => {
    await using cloud = await testCloud();
    const images = async (input: object) =>
      (await cloud.ec2.send(new DescribeImagesCommand(input))).Images ?? [];
    expect((await images({ ImageIds: [AMI] })).map(({ ImageId, State }) => [ImageId, State])).toEqual([
      [AMI, 'available'],
    ]);
    expect(await images({ Owners: ['amazon'] })).toEqual([]);
    expect(await images({ Owners: ['self'] })).toHaveLength(1);
    expect(await refusal(images({ ImageIds: ['ami-00000000'] }))).toBe(
      "InvalidAMIID.NotFound (400): The image id '[ami-00000000]' does not exist",
    );
    expect(await refusal(images({ ImageIds: ['x'] }))).toMatch(/^InvalidAMIID.Malformed/);
  });
});
