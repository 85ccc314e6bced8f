import type { BoxSpec } from '../box.ts';
import type { TemporaryCredentials } from '../signature/keyring.ts';

/** What the metadata service says about one machine. */
export interface MetadataFacts {
  readonly spec: BoxSpec;
  readonly accountId: string;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  /** Of its network card, where it has one: with it the metadata tell of the card. */
  readonly mac?: string | undefined;
  /** Asked at each request for them; without it a machine has no credentials although it has a profile. */
  readonly credentials?: () => TemporaryCredentials;
}

/** A leaf's text, or a folder by name; a leaf that is made at each request is a function. */
export type Tree = { readonly [name: string]: Tree | string | (() => string) };

/**
 * `meta-data/` and `dynamic/` of a machine.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories
 */
export function metadataTree(facts: MetadataFacts): Tree {
  const { spec } = facts;
  const hostname = `${hostnameOf(spec.privateIp)}.${domainOf(spec.region)}`;
  return {
    dynamic: { 'instance-identity': { document: identityDocument(facts) } },
    'meta-data': {
      'ami-id': spec.amiId,
      'ami-launch-index': String(spec.amiLaunchIndex),
      hostname,
      ...iam(facts),
      'instance-id': spec.instanceId,
      'instance-life-cycle': 'on-demand',
      'instance-type': spec.instanceType,
      'local-hostname': hostname,
      'local-ipv4': spec.privateIp,
      ...networkCard(facts, hostname),
      placement: { 'availability-zone': spec.zone, region: spec.region },
      services: { domain: 'amazonaws.com', partition: 'aws' },
    },
  };
}

/** EC2's name for a machine by its address. */
export const hostnameOf = (privateIp: string): string => `ip-${privateIp.replaceAll('.', '-')}`;

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html */
const domainOf = (region: string): string =>
  region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;

function iam(facts: MetadataFacts): Tree {
  const role = facts.spec.instanceProfile;
  if (role === undefined) return {};
  const { credentials } = facts;
  const arn = `arn:aws:iam::${facts.accountId}:instance-profile/${role}`;
  const info = json({ Code: 'Success', LastUpdated: iso(facts.launchedAt), InstanceProfileArn: arn });
  const leaf =
    credentials === undefined ? {} : { [role]: () => credentialsDocument(credentials(), facts.launchedAt) };
  return { iam: { info, 'security-credentials': leaf } };
}

/** What cloud-init sets up the network by. */
function networkCard({ mac, spec, accountId }: MetadataFacts, hostname: string): Tree {
  if (mac === undefined) return {};
  const card = {
    'device-number': '0',
    'local-hostname': hostname,
    'local-ipv4s': spec.privateIp,
    mac,
    'owner-id': accountId,
  };
  return { mac, network: { interfaces: { macs: { [mac]: card } } } };
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
const credentialsDocument = (found: TemporaryCredentials, updated: number): string =>
  json({
    Code: 'Success',
    LastUpdated: iso(updated),
    Type: 'AWS-HMAC',
    AccessKeyId: found.accessKeyId,
    SecretAccessKey: found.secretAccessKey,
    Token: found.token,
    Expiration: iso(found.expiration),
  });

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
const identityDocument = ({ spec, accountId, launchedAt }: MetadataFacts): string =>
  json({
    accountId,
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    availabilityZone: spec.zone,
    imageId: spec.amiId,
    instanceId: spec.instanceId,
    instanceType: spec.instanceType,
    pendingTime: iso(launchedAt),
    privateIp: spec.privateIp,
    region: spec.region,
    version: '2017-09-30',
  });

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** EC2 writes times without milliseconds. */
const iso = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
