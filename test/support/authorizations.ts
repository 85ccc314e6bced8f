/** What AWS asks IAM about for a request as it comes over the wire: the actions, resources and condition keys of its manuals. */
import { DOCUMENTED } from './documented-policies.ts';
import type { Authorization } from './iam.ts';

const { account: ACCOUNT, region: REGION } = DOCUMENTED;

export type Tags = Readonly<Record<string, string>>;

export const instanceArn = (id = '*'): string => `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${id}`;
export const bucketArn = (bucket: string, key?: string): string =>
  `arn:aws:s3:::${bucket}${key === undefined ? '' : `/${key}`}`;

const ofRequest = (tags: Tags) => ({
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  'aws:TagKeys': Object.keys(tags),
});
const ofResource = (tags: Tags) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));

/**
 * An EC2 request.
 * @param form the body, as the query protocol has it
 * @param tagsOf the tags that a machine has
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export function ec2Authorizations(form: URLSearchParams, tagsOf: (id: string) => Tags): Authorization[] {
  const action = `ec2:${form.get('Action')}`;
  const base = { 'aws:RequestedRegion': REGION };
  const about = (id: string, more: Authorization['context'] = {}): Authorization => ({
    action,
    resource: instanceArn(id),
    context: { ...base, ...ofResource(tagsOf(id)), ...more },
  });
  switch (form.get('Action')) {
    case 'DescribeInstances':
    case 'DescribeInstanceStatus':
      return [{ action, resource: '*', context: base }];
    case 'RunInstances':
      return runAuthorizations(form, base);
    case 'CreateTags':
      return listed(form, 'ResourceId').map((id) => about(id, ofRequest(tagsIn(form, 'Tag'))));
    case 'GetConsoleOutput':
    case 'DescribeInstanceAttribute':
      return [about(form.get('InstanceId') ?? '')];
    case 'StopInstances':
    case 'TerminateInstances':
      return listed(form, 'InstanceId').map((id) => about(id));
    default:
      throw new Error(`nobody has read what ${action} needs`);
  }
}

/** Every part that a machine is made of is a resource of its own; tags at launch are a CreateTags of their own. */
function runAuthorizations(form: URLSearchParams, base: Authorization['context']): Authorization[] {
  const own = (kind: string, id: string) => `arn:aws:ec2:${REGION}:${ACCOUNT}:${kind}/${id}`;
  const image = form.get('ImageId') ?? '';
  const snapshots = [...form].flatMap(([name, value]) => (name.endsWith('.Ebs.SnapshotId') ? [value] : []));
  const groups = listed(form, 'SecurityGroupId');
  const keyName = form.get('KeyName');
  const profile =
    form.get('IamInstanceProfile.Name') ?? form.get('IamInstanceProfile.Arn')?.split('/').at(-1);
  const parts = [
    `arn:aws:ec2:${REGION}::image/${image}`,
    ...snapshots.map((id) => `arn:aws:ec2:${REGION}::snapshot/${id}`),
    own('network-interface', '*'),
    own('subnet', form.get('SubnetId') ?? 'subnet-of-the-default-vpc'),
    ...(groups.length === 0 ? ['sg-of-the-default-vpc'] : groups).map((id) => own('security-group', id)),
    ...(keyName === null ? [] : [own('key-pair', keyName)]),
    ...(form.get('InstanceMarketOptions.MarketType') === 'spot' ? [own('spot-instances-request', '*')] : []),
  ];
  const tagged = ['instance', 'volume'].map((kind) => ({
    resource: own(kind, '*'),
    context: { ...base, ...ofRequest(tagsAtLaunch(form, kind)) },
  }));
  return [
    ...parts.map((resource) => ({ action: 'ec2:RunInstances', resource, context: base })),
    ...tagged.map((each) => ({ action: 'ec2:RunInstances', ...each })),
    ...tagged.map(({ resource, context }) => ({
      action: 'ec2:CreateTags',
      resource,
      context: { ...context, 'ec2:CreateAction': 'RunInstances' },
    })),
    ...(profile === undefined
      ? []
      : [
          {
            action: 'iam:PassRole',
            resource: `arn:aws:iam::${ACCOUNT}:role/${profile}`,
            context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
          },
        ]),
  ];
}

/** The tags that a RunInstances request gives resources of a kind. */
export function tagsAtLaunch(form: URLSearchParams, kind: string): Tags {
  const [, at] =
    [...form]
      .filter(([, value]) => value === kind)
      .map(([name]) => /^TagSpecification\.(\d+)\.ResourceType$/.exec(name))
      .find((match) => match !== null) ?? [];
  return at === undefined ? {} : tagsIn(form, `TagSpecification.${at}.Tag`);
}

const tagsIn = (form: URLSearchParams, name: string): Tags =>
  Object.fromEntries(
    [...form].flatMap(([key, value]) =>
      key.startsWith(`${name}.`) && key.endsWith('.Key')
        ? [[value, form.get(key.replace(/\.Key$/, '.Value')) ?? '']]
        : [],
    ),
  );

const listed = (form: URLSearchParams, name: string): string[] =>
  [...form].flatMap(([key, value]) => (new RegExp(`^${name}\\.\\d+$`).test(key) ? [value] : []));

/** A request to S3, and what came of it. */
export interface S3Exchange {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly status: number;
  /** The key in the form of a browser's upload. */
  readonly formKey?: string | undefined;
  /** Signed by a header, as a command's own requests are; URLs and forms carry their signatures. */
  readonly isOwn?: boolean;
  /** `x-amz-expected-bucket-owner` */
  readonly owner?: string | undefined;
}

/**
 * A request to S3, by a path-style URL. A read of what isn't there needs the permission to list that key, too.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function s3Authorizations({ method, url, status, formKey }: S3Exchange): Authorization[] {
  const { pathname, searchParams: query } = new URL(url, 'http://127.0.0.1');
  const [, bucket = '', ...rest] = pathname.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const context = { 's3:ResourceAccount': ACCOUNT };
  const object = (action: string, name = key): Authorization => ({
    action,
    resource: bucketArn(bucket, name),
    context,
  });
  const list = (prefix: string | null): Authorization => ({
    action: 's3:ListBucket',
    resource: bucketArn(bucket),
    context: { ...context, ...(prefix !== null && { 's3:prefix': prefix }) },
  });
  const marked = [
    key === '' ? 'bucket' : 'object',
    ...['uploads', 'uploadId'].filter((name) => query.has(name)),
  ];
  switch (`${method} ${marked.join(' ')}`) {
    case 'GET bucket uploads':
      return [{ action: 's3:ListBucketMultipartUploads', resource: bucketArn(bucket), context }];
    case 'GET bucket':
      return [list(query.get('prefix'))];
    case 'POST bucket':
      return [object('s3:PutObject', formKey)];
    case 'GET object uploadId':
      return [object('s3:ListMultipartUploadParts')];
    case 'DELETE object uploadId':
      return [object('s3:AbortMultipartUpload')];
    case 'PUT object':
    case 'PUT object uploadId':
    case 'POST object uploads':
    case 'POST object uploadId':
      return [object('s3:PutObject')];
    case 'GET object':
    case 'HEAD object':
      return [object('s3:GetObject'), ...(status === 404 ? [list(key)] : [])];
    default:
      throw new Error(`nobody has read what ${method} ${url} needs`);
  }
}
