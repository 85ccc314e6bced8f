import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';

const exec = promisify(execFile);
const box = sandbox();
const folder = mkdtempSync(join(tmpdir(), 'rolecall-clients-'));
const large = randomBytes(20_000_000);
const at = (name: string) => join(folder, name);
let env: NodeJS.ProcessEnv = {};
let endpoint = '';

/** The variables that `local env` prints: what a user's shell would have. */
async function variables(): Promise<NodeJS.ProcessEnv> {
  const { stdout } = await box.run(['local', 'env', '--region', 'eu-west-1']);
  const lines = [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, value]));
}

beforeAll(async () => {
  await box.run(['local', 'up', '--boxes', 'limited']);
  env = { ...box.env, ...(await variables()) };
  endpoint = String(env['AWS_ENDPOINT_URL_S3']);
  writeFileSync(at('small.txt'), 'hello\n');
  writeFileSync(at('large'), large);
  mkdirSync(at('tree/sub'), { recursive: true });
  for (const name of ['a.txt', 'b ü.txt', 'sub/c&d.txt']) writeFileSync(at(`tree/${name}`), name);
});
afterAll(async () => {
  await box.run(['local', 'down']);
  box.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const run = async (command: string, args: readonly string[]) =>
  (await exec(command, [...args], { env, maxBuffer: 1e8 })).stdout;

describe("Debian's aws", () => {
  // Before 2.13 it doesn't know AWS_ENDPOINT_URL_S3.
  const aws = (...args: string[]) => run('/usr/bin/aws', ['--endpoint-url', endpoint, ...args]);

  test('makes a bucket; copies, lists, moves and removes, small and large', async () => {
    expect(await aws('s3', 'mb', 's3://by-aws')).toContain('make_bucket: by-aws');
    await aws('s3', 'cp', at('small.txt'), 's3://by-aws/dir/small.txt');
    await aws('s3', 'cp', '--no-progress', at('large'), 's3://by-aws/large');
    expect(await aws('s3', 'ls', 's3://by-aws/')).toMatch(/PRE dir\/\n[\d: -]+ 20000000 large\n/);
    await aws('s3', 'cp', '--no-progress', 's3://by-aws/large', at('large.back'));
    expect(readFileSync(at('large.back')).equals(large)).toBe(true);
    await aws('s3', 'mv', 's3://by-aws/dir/small.txt', 's3://by-aws/moved.txt');
    expect(await aws('s3', 'cp', 's3://by-aws/moved.txt', '-')).toBe('hello\n');
    await aws('s3', 'rm', 's3://by-aws/moved.txt');
    expect(await aws('s3', 'ls', 's3://by-aws/')).not.toContain('moved');
  });

  test('presigns what curl gets', async () => {
    await aws('s3', 'cp', at('small.txt'), 's3://by-aws/signed ü.txt');
    const url = (await aws('s3', 'presign', 's3://by-aws/signed ü.txt', '--expires-in', '60')).trim();
    expect(await run('curl', ['-sf', url])).toBe('hello\n');
    await expect(run('curl', ['-sf', url.replace(/Signature=./, 'Signature=0')])).rejects.toMatchObject({
      code: 22,
    });
  });

  test('synchronises a tree, there and back, and removes it', async () => {
    await aws('s3', 'sync', '--no-progress', at('tree'), 's3://by-aws/tree');
    await aws('s3', 'sync', '--no-progress', 's3://by-aws/tree', at('back'));
    for (const name of ['a.txt', 'b ü.txt', 'sub/c&d.txt'])
      expect(readFileSync(at(`back/${name}`), 'utf8')).toBe(name);
    expect(await aws('s3', 'sync', '--no-progress', at('tree'), 's3://by-aws/tree')).toBe('');
    await aws('s3', 'rm', '--recursive', '--quiet', 's3://by-aws/tree');
    expect(await aws('s3', 'ls', '--recursive', 's3://by-aws/')).not.toContain('tree/');
  });

  test('gets ranges, heads and conditional refusals by the API', async () => {
    const range = [
      's3api',
      'get-object',
      '--bucket',
      'by-aws',
      '--key',
      'large',
      '--range',
      'bytes=5-14',
      at('range'),
    ];
    await aws(...range);
    expect(readFileSync(at('range')).equals(large.subarray(5, 15))).toBe(true);
    const head = JSON.parse(await aws('s3api', 'head-object', '--bucket', 'by-aws', '--key', 'large'));
    expect(head.ContentLength).toBe(large.length);
    await expect(aws('s3api', 'head-object', '--bucket', 'by-aws', '--key', 'none')).rejects.toThrow(/404/);
  });
});

describe('the API by the aws of Debian', () => {
  const api = (...args: string[]) =>
    run('/usr/bin/aws', ['--endpoint-url', endpoint, '--output', 'json', 's3api', ...args]);
  const put = (key: string, ...more: string[]) =>
    api('put-object', '--bucket', 'by-aws', '--key', key, '--body', at('small.txt'), ...more);
  const sha256 = createHash('sha256').update('hello\n').digest('base64');

  test.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'])('sends and reads the checksum %s', async (algorithm) => {
    const sent = JSON.parse(await put('summed', '--checksum-algorithm', algorithm));
    const read = JSON.parse(
      await api('head-object', '--bucket', 'by-aws', '--key', 'summed', '--checksum-mode', 'ENABLED'),
    );
    expect(sent[`Checksum${algorithm}`]).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(read[`Checksum${algorithm}`]).toBe(sent[`Checksum${algorithm}`]);
  });

  test('is told of a wrong checksum, and the object stays', async () => {
    await put('right', '--checksum-sha256', sha256);
    const wrong = createHash('sha256').update('other').digest('base64');
    await expect(put('right', '--checksum-sha256', wrong)).rejects.toThrow(/BadDigest/);
    const { ChecksumSHA256 } = JSON.parse(
      await api('head-object', '--bucket', 'by-aws', '--key', 'right', '--checksum-mode', 'ENABLED'),
    );
    expect(ChecksumSHA256).toBe(sha256);
  });

  test('lists page by page, and by folders', async () => {
    for (const name of ['p/1', 'p/2', 'p/3', 'p/sub/4', 'p/sub/5']) await put(name);
    const list = ['list-objects-v2', '--bucket', 'by-aws', '--prefix', 'p/', '--page-size', '2'];
    const { Contents = [] } = JSON.parse(await api(...list));
    expect(Contents.map(({ Key }: { Key: string }) => Key)).toEqual([
      'p/1',
      'p/2',
      'p/3',
      'p/sub/4',
      'p/sub/5',
    ]);
    const folded = JSON.parse(await api(...list, '--delimiter', '/'));
    expect([folded.Contents.length, folded.CommonPrefixes]).toEqual([3, [{ Prefix: 'p/sub/' }]]);
  });
});

describe('s3cmd', () => {
  const s3cmd = (...args: string[]) => {
    const { host } = new URL(endpoint);
    const keys = [`--access_key=${env['AWS_ACCESS_KEY_ID']}`, `--secret_key=${env['AWS_SECRET_ACCESS_KEY']}`];
    const where = [
      `--host=${host}`,
      `--host-bucket=${host}`,
      '--no-ssl',
      '--region=eu-west-1',
      '--no-progress',
    ];
    return run('/usr/bin/s3cmd', ['--config=/dev/null', ...keys, ...where, ...args]);
  };

  test('puts, lists, gets, tells and deletes, in parts too', async () => {
    await s3cmd('mb', 's3://by-s3cmd');
    await s3cmd('put', at('small.txt'), 's3://by-s3cmd/small ü.txt');
    await s3cmd('put', '--multipart-chunk-size-mb=5', at('large'), 's3://by-s3cmd/large');
    expect(await s3cmd('ls', 's3://by-s3cmd')).toMatch(/20000000 +s3:\/\/by-s3cmd\/large/);
    expect(await s3cmd('info', 's3://by-s3cmd/small ü.txt')).toMatch(/File size: +6/);
    await s3cmd('cp', 's3://by-s3cmd/small ü.txt', 's3://by-s3cmd/copy +%41.txt');
    await s3cmd('get', '--force', 's3://by-s3cmd/copy +%41.txt', at('copy.s3cmd'));
    expect(readFileSync(at('copy.s3cmd'), 'utf8')).toBe('hello\n');
    await s3cmd('put', '--recursive', `${at('tree')}/`, 's3://by-s3cmd/tree/');
    expect(await s3cmd('ls', '--recursive', 's3://by-s3cmd/tree/')).toMatch(
      /tree\/a\.txt\n.*tree\/b ü\.txt\n.*tree\/sub\/c&d\.txt\n/,
    );
    await s3cmd('del', '--recursive', '--force', 's3://by-s3cmd/tree/');
    expect(await s3cmd('ls', '--recursive', 's3://by-s3cmd/tree/')).toBe('');
    await s3cmd('get', '--force', 's3://by-s3cmd/large', at('large.s3cmd'));
    expect(readFileSync(at('large.s3cmd')).equals(large)).toBe(true);
    await s3cmd('del', 's3://by-s3cmd/large');
    expect(await s3cmd('ls', 's3://by-s3cmd')).not.toContain('large');
  });
});

const PYTHON = String.raw`
import hashlib, io, json, os, socket, sys, urllib.request
import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
endpoint, large = sys.argv[1], open(sys.argv[2], 'rb').read()
def code(call):
    try:
        call()
        return 'done'
    except ClientError as error:
        return error.response['Error']['Code']
out = {}
s3 = boto3.client('s3', endpoint_url=endpoint)
s3.create_bucket(Bucket='by-boto3', CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'})
s3.put_object(Bucket='by-boto3', Key='k', Body=b'hello', Metadata={'a': 'b'})
got = s3.get_object(Bucket='by-boto3', Key='k', Range='bytes=1-3')
out['range'] = [got['Body'].read().decode(), got['Metadata']]
for index in range(25):
    s3.put_object(Bucket='by-boto3', Key='page/%02d' % index, Body=b'x')
pages = s3.get_paginator('list_objects_v2').paginate(Bucket='by-boto3', Prefix='page/', PaginationConfig={'PageSize': 10})
out['pages'] = [len(page['Contents']) for page in pages]
s3.upload_fileobj(io.BytesIO(large), 'by-boto3', 'large')
back = io.BytesIO()
s3.download_fileobj('by-boto3', 'large', back)
out['multipart'] = hashlib.sha256(back.getvalue()).hexdigest()
def form(post, body, **more):
    fields = {**post['fields'], **more}
    lines = []
    for name, value in fields.items():
        lines += ['--x', 'Content-Disposition: form-data; name="%s"' % name, '', value]
    lines += ['--x', 'Content-Disposition: form-data; name="file"; filename="f.txt"', '', body, '--x--', '']
    request = urllib.request.Request(post['url'], '\r\n'.join(lines).encode(), {'Content-Type': 'multipart/form-data; boundary=x'})
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode().split('<Code>')[1].split('</Code>')[0]]
v4 = boto3.client('s3', endpoint_url=endpoint, config=Config(signature_version='s3v4'))
out['v2'] = form(s3.generate_presigned_post('by-boto3', 'x'), 'x')
post = v4.generate_presigned_post('by-boto3', 'form/$' + '{filename}', Conditions=[['starts-with', '$key', 'form/'], ['content-length-range', 1, 10]], ExpiresIn=60)
out['post'] = [form(post, 'posted'), form(post, 'far too long'), form(post, 'x', key='elsewhere'), form(post, 'x', **{'x-amz-signature': '0'})]
out['posted'] = s3.get_object(Bucket='by-boto3', Key='form/f.txt')['Body'].read().decode()
# Not every resolver knows names below localhost.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: resolve('127.0.0.1' if str(host).endswith('.localhost') else host, *more, **named)
virtual = boto3.client('s3', endpoint_url=endpoint.replace('127.0.0.1', 'localhost'), config=Config(s3={'addressing_style': 'virtual'}))
hosts = []
virtual.meta.events.register('before-send', lambda request, **_: hosts.append(request.url.split('/')[2].split(':')[0]) and None)
out['virtual'] = [virtual.get_object(Bucket='by-boto3', Key='k')['Body'].read().decode(), hosts]
odd = [' a b ', 'ü+%41', 'a//b', '../x', './y', 'end/', 'a&<"b', 'line\nbreak', '?#=;,:@$!*']
for key in odd:
    s3.put_object(Bucket='by-boto3', Key='odd/' + key, Body=key.encode())
listed = [each['Key'][4:] for page in s3.get_paginator('list_objects_v2').paginate(Bucket='by-boto3', Prefix='odd/', PaginationConfig={'PageSize': 2}) for each in page['Contents']]
out['odd'] = [sorted(listed) == sorted(odd), all(s3.get_object(Bucket='by-boto3', Key='odd/' + key)['Body'].read().decode() == key for key in odd)]
s3.copy_object(Bucket='by-boto3', Key='copied', CopySource={'Bucket': 'by-boto3', 'Key': 'odd/ü+%41'})
s3.copy({'Bucket': 'by-boto3', 'Key': 'large'}, 'by-boto3', 'large copy', Config=TransferConfig(multipart_threshold=8000000, multipart_chunksize=6000000))
out['copied'] = [s3.get_object(Bucket='by-boto3', Key='copied')['Body'].read().decode(), hashlib.sha256(s3.get_object(Bucket='by-boto3', Key='large copy')['Body'].read()).hexdigest(), s3.head_object(Bucket='by-boto3', Key='large copy')['ETag'][-3:]]
s3.delete_objects(Bucket='by-boto3', Delete={'Objects': [{'Key': 'odd/' + key} for key in odd]})
out['deleted'] = s3.list_objects_v2(Bucket='by-boto3', Prefix='odd/')['KeyCount']
def asked(url, method='GET', body=None, headers={}):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method)).read().decode()
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode().split('<Code>')[1].split('</Code>')[0]]
upload = v4.generate_presigned_url('put_object', {'Bucket': 'by-boto3', 'Key': 'presigned ü', 'ContentType': 'text/plain'}, ExpiresIn=60)
get = v4.generate_presigned_url('get_object', {'Bucket': 'by-boto3', 'Key': 'presigned ü'}, ExpiresIn=60)
text = {'Content-Type': 'text/plain'}
out['presigned'] = [asked(upload, 'PUT', b'sent', text), asked(get), asked(get, 'GET', None, {'Range': 'bytes=1-2'}), asked(upload, 'PUT', b'x', {'Content-Type': 'text/html'}), asked(get, 'DELETE'), asked(get.replace('presigned', 'other'))]
# This boto3 is older than conditional writes.
def when(name, value):
    client = boto3.client('s3', endpoint_url=endpoint)
    client.meta.events.register('before-call.s3.PutObject', lambda params, **_: params['headers'].update({name: value}))
    return lambda: client.put_object(Bucket='by-boto3', Key='once', Body=value.encode())
out['once'] = [code(when('If-None-Match', '*')), code(when('If-None-Match', '*'))]
etag = s3.head_object(Bucket='by-boto3', Key='once')['ETag']
out['swapped'] = [code(when('If-Match', etag)), code(when('If-Match', etag))]
out['codes'] = [
    code(lambda: s3.get_object(Bucket='by-boto3', Key='none')),
    code(lambda: s3.get_object(Bucket='no-such-bucket', Key='none')),
    code(lambda: boto3.client('s3', endpoint_url=endpoint, aws_access_key_id=os.environ['AWS_ACCESS_KEY_ID'], aws_secret_access_key='wrong').list_buckets()),
    code(lambda: boto3.client('s3', endpoint_url=endpoint, aws_access_key_id='AKIAWRONG', aws_secret_access_key='wrong').list_buckets()),
]
print(json.dumps(out))
`;

test('boto3: ranges, pages, parts, copies, odd keys, presigned URLs, conditions, a form, refusals', async () => {
  const out = JSON.parse(await run('/usr/bin/python3', ['-c', PYTHON, endpoint, at('large')]));
  expect(out).toEqual({
    range: ['ell', { a: 'b' }],
    pages: [10, 10, 5],
    multipart: createHash('sha256').update(large).digest('hex'),
    v2: [400, 'InvalidRequest'],
    post: [204, [400, 'EntityTooLarge'], [403, 'AccessDenied'], [403, 'SignatureDoesNotMatch']],
    posted: 'posted',
    virtual: ['hello', ['by-boto3.localhost']],
    odd: [true, true],
    copied: ['ü+%41', createHash('sha256').update(large).digest('hex'), '-4"'],
    deleted: 0,
    presigned: [
      '',
      'sent',
      'en',
      [403, 'SignatureDoesNotMatch'],
      [403, 'SignatureDoesNotMatch'],
      [403, 'SignatureDoesNotMatch'],
    ],
    once: ['done', 'PreconditionFailed'],
    swapped: ['done', 'PreconditionFailed'],
    codes: ['NoSuchKey', 'NoSuchBucket', 'SignatureDoesNotMatch', 'InvalidAccessKeyId'],
  });
});

test('curl signs by itself what S3 takes, and calls a bucket by its host', async () => {
  const config = at('curl.conf');
  writeFileSync(config, `user = "${env['AWS_ACCESS_KEY_ID']}:${env['AWS_SECRET_ACCESS_KEY']}"\n`, {
    mode: 0o600,
  });
  const sign = [
    '-s',
    '--config',
    config,
    '--aws-sigv4',
    'aws:amz:eu-west-1:s3',
    '-H',
    'x-amz-content-sha256: UNSIGNED-PAYLOAD',
  ];
  expect(await run('curl', [...sign, `${endpoint}/by-boto3/k`])).toBe('hello');
  const { port } = new URL(endpoint);
  const virtual = `http://by-boto3.localhost:${port}/k`;
  expect(await run('curl', [...sign, '--resolve', `by-boto3.localhost:${port}:127.0.0.1`, virtual])).toBe(
    'hello',
  );
  expect(await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `${endpoint}/by-boto3/k`])).toBe(
    '403',
  );
});

test('objects outlive the cloud, though it is killed', async () => {
  await run('/usr/bin/aws', ['--endpoint-url', endpoint, 's3', 'cp', at('small.txt'), 's3://by-boto3/last']);
  const { pid } = JSON.parse(readFileSync(join(box.home, 'state/rolecall/local/cloud.json'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  await box.run(['local', 'up', '--boxes', 'limited']);
  env = { ...box.env, ...(await variables()) };
  endpoint = String(env['AWS_ENDPOINT_URL_S3']);
  await run('/usr/bin/aws', [
    '--endpoint-url',
    endpoint,
    's3',
    'cp',
    '--no-progress',
    's3://by-boto3/large',
    at('again'),
  ]);
  expect(readFileSync(at('again')).equals(large)).toBe(true);
});
