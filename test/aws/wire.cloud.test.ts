import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { connectEc2 } from '../../src/aws/ec2.ts';
import type { Bucket, Ec2 } from '../../src/aws/ports.ts';
import { connectBucket } from '../../src/aws/s3.ts';
import type { ConnectOptions } from '../../src/aws/session.ts';
import type { Clock } from '../../src/clock.ts';
import type { AwsError } from '../../src/errors.ts';
import type { InstanceId, LaunchId } from '../../src/model.ts';
import { HandTimer } from '../support/hand-timer.ts';
import { answer, item, type Reply, refusal, WireServer } from './server.ts';

const ID = 'i-00000000000000001' as InstanceId;
const OTHER = 'i-00000000000000002' as InstanceId;
const CREDENTIALS = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const RUN = { ClientToken: 'token-1', ImageId: 'ami-1', MinCount: 1, MaxCount: 1 };

/** A clock whose time passes only by sleeping: pauses between attempts cost nothing. */
function virtualClock(): Clock {
  let now = 1_000_000;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serving(...replies: Reply[]): Promise<WireServer> {
  const server = await WireServer.start(...replies);
  stops.push(() => server.stop());
  return server;
}

interface Ports {
  readonly ec2: Ec2 & { readonly polling: Ec2 };
  readonly bucket: Bucket;
}

function connected(endpoint: string, options: ConnectOptions = {}): Ports {
  const target = { region: 'us-east-1', endpoint, credentials: CREDENTIALS };
  const tools = { clock: virtualClock(), random: () => 0.5, ...options };
  return {
    ec2: connectEc2(target, tools),
    bucket: connectBucket(target, { bucket: 'b', prefix: '' }, tools),
  };
}

const change = (id: string, state = 'shutting-down') =>
  `<item><instanceId>${id}</instanceId><currentState><code>32</code><name>${state}</name></currentState></item>`;
const changes = (operation: string, ...ids: string[]) =>
  answer(operation, `<instancesSet>${ids.map((id) => change(id)).join('')}</instancesSet>`);
const s3 = (body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: 200,
  body,
  headers,
});
const LISTING = s3(
  '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>',
);
const ETAG = { etag: '"0123"' };

interface Case {
  readonly name: string;
  readonly ask: (ports: Ports) => Promise<unknown>;
  readonly good: Reply;
}

const READS: readonly Case[] = [
  {
    name: 'DescribeInstances',
    ask: ({ ec2 }) => ec2.machinesOfLaunch('l-1' as LaunchId),
    good: answer('DescribeInstances', '<reservationSet/>'),
  },
  {
    name: 'DescribeInstanceStatus',
    ask: ({ ec2 }) => ec2.statusChecks([ID]),
    good: answer('DescribeInstanceStatus', '<instanceStatusSet/>'),
  },
  {
    name: 'GetConsoleOutput',
    ask: ({ ec2 }) => ec2.consoleOutput(ID, 'latest'),
    good: answer('GetConsoleOutput', `<instanceId>${ID}</instanceId><output/>`),
  },
  {
    name: 'DescribeInstanceAttribute',
    ask: ({ ec2 }) => ec2.userData(ID),
    good: answer('DescribeInstanceAttribute', `<instanceId>${ID}</instanceId><userData/>`),
  },
  { name: 'GetObject', ask: ({ bucket }) => bucket.readText('k'), good: s3('text', ETAG) },
  { name: 'ListObjectsV2', ask: ({ bucket }) => bucket.list(''), good: LISTING },
];

const WRITES: readonly Case[] = [
  {
    name: 'RunInstances',
    ask: ({ ec2 }) => ec2.runInstances(RUN),
    good: answer('RunInstances', `<instancesSet>${item(ID)}</instancesSet>`),
  },
  {
    name: 'TerminateInstances',
    ask: ({ ec2 }) => ec2.terminate([ID]),
    good: changes('TerminateInstances', ID),
  },
  { name: 'StopInstances', ask: ({ ec2 }) => ec2.stop([ID]), good: changes('StopInstances', ID) },
  {
    name: 'CreateTags',
    ask: ({ ec2 }) => ec2.tag([ID], { 'rolecall:verdict': 'succeeded' }),
    good: answer('CreateTags', '<return>true</return>'),
  },
  { name: 'PutObject, new', ask: ({ bucket }) => bucket.createText('k', 'x'), good: s3('', ETAG) },
  { name: 'PutObject, moved', ask: ({ bucket }) => bucket.replaceText('k', 'x', '"1"'), good: s3('', ETAG) },
];

describe('a server that falls silent', () => {
  const silences = [
    ['gives no answer', 'hang'],
    ['gives headers and no byte of a body', 'headers'],
    ['stops in the middle of a body', 'quiet'],
  ] as const;
  const cases = [...READS, ...WRITES].flatMap((one) =>
    silences.map((silence) => [one.name, ...silence, one] as const),
  );

  test.each(cases)(
    '%s: a server that %s is given up, and asked again',
    async (_name, _what, reply, { ask, good }) => {
      const server = await serving(reply, good);
      const timer = new HandTimer();
      server.onSilence = () => timer.pass(60_000);
      await ask(connected(server.endpoint, { timer }));
      expect(server.asked).toHaveLength(2);
    },
  );

  test.each([...READS, ...WRITES].map((one) => [one.name, one] as const))(
    '%s: what answers drop by drop is given up too',
    async (_name, { ask, good }) => {
      const server = await serving({ drip: ' ' }, good);
      const timer = new HandTimer();
      server.onSilence = () => timer.pass(20_000);
      await ask(connected(server.endpoint, { timer }));
      expect(server.asked).toHaveLength(2);
    },
  );

  test('a loop that asks again anyway is told after 15 s', async () => {
    const server = await serving('quiet');
    const timer = new HandTimer();
    server.onSilence = () => timer.pass(15_000);
    const { ec2 } = connected(server.endpoint, { timer });
    await expect(ec2.polling.consoleOutput(ID, 'latest')).rejects.toMatchObject({ kind: 'endpoint' });
    expect(server.asked).toHaveLength(1);
  });

  test('an object is told to have stalled where it is read', async () => {
    const server = await serving('quiet');
    const timer = new HandTimer();
    const { bucket } = connected(server.endpoint, { timer });
    const body = await bucket.read('k');
    const chunks: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of body ?? []) {
        chunks.push(chunk);
        setImmediate(() => timer.pass(30_000));
      }
    })();
    await expect(reading).rejects.toMatchObject({ kind: 'endpoint', exit: 'aws' });
    expect(chunks).toHaveLength(1);
  });

  test('an upload that nobody takes is given up', async () => {
    const timer = new HandTimer();
    const server = createServer();
    // Reads nothing of the body, and never answers.
    server.on('checkContinue', (_request, response) => {
      response.writeContinue();
      setImmediate(function pass() {
        timer.pass(10_000);
        if (server.listening) setImmediate(pass);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as { port: number };
    const { bucket } = connected(`http://127.0.0.1:${port}`, { timer });
    await expect(bucket.createText('k', 'x'.repeat(32 * 1024 * 1024))).rejects.toMatchObject({
      kind: 'endpoint',
      code: 'ETIMEDOUT',
    });
  });
});

describe('a body that nobody will read', () => {
  const MIB = 1024 * 1024;

  /** A server whose objects never end, and a promise that the client has closed the answer. */
  async function endless(headers: Readonly<Record<string, string>>) {
    let onClose: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      onClose = resolve;
    });
    const server = createServer((_request, response) => {
      response.once('close', onClose);
      response.writeHead(200, headers).write('half of it');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    return { ...connected(`http://127.0.0.1:${port}`), closed };
  }

  const read = (bucket: Bucket) => bucket.readText('key');
  const open = (bucket: Bucket) => bucket.read('key');
  test.each([
    ['a text without an ETag', { 'content-length': '1000' }, read],
    ['an archive without an ETag', { 'content-length': '1000' }, open],
    ['a date that is none', { ...ETAG, 'content-length': '1000', 'last-modified': 'never' }, read],
    ['a text that is too long', { ...ETAG, 'content-length': `${5 * MIB}` }, read],
  ])('is closed, so that no process waits for it: %s', async (_name, headers, ask) => {
    const { bucket, closed } = await endless(headers);
    await expect(ask(bucket)).rejects.toThrow();
    await closed;
  });
});

describe('the operator’s signal', () => {
  const silences = ['hang', 'headers', 'quiet'] as const;
  const cases = [...READS, ...WRITES].flatMap((one) =>
    silences.map((reply) => [one.name, reply, one] as const),
  );

  test.each(cases)('%s, %s: ends the request that is under way', async (_name, reply, { ask }) => {
    const server = await serving(reply);
    const abort = new AbortController();
    server.onSilence = () => abort.abort();
    const { signal } = abort;
    await expect(ask(connected(server.endpoint, { timer: new HandTimer(), signal }))).rejects.toMatchObject({
      kind: 'interrupted',
      exit: 'interrupted',
    });
    expect(server.asked).toHaveLength(1);
  });

  test('does not end a request that begins later, to tidy up: it is sent once, and waited for 10 s', async () => {
    const server = await serving(s3('', ETAG), 'hang');
    const timer = new HandTimer();
    const { bucket } = connected(server.endpoint, { timer, signal: AbortSignal.abort() });
    expect(await bucket.replaceText('k', 'x', '"1"')).toBe('"0123"');
    server.onSilence = () => timer.pass(10_000);
    await expect(bucket.replaceText('k', 'x', '"1"')).rejects.toMatchObject({ kind: 'endpoint' });
    expect(server.asked).toHaveLength(2);
  });
});

describe('after the operator’s signal', () => {
  test.each([...READS, ...WRITES].map((one) => [one.name, one] as const))(
    '%s',
    async (name, { ask, good }) => {
      const server = await serving(good);
      const asking = ask(connected(server.endpoint, { signal: AbortSignal.abort() }));
      if (name === 'RunInstances') {
        await expect(asking).rejects.toMatchObject({ kind: 'interrupted', neverSent: true });
        expect(server.asked).toEqual([]);
      } else {
        await asking;
        expect(server.asked).toHaveLength(1);
      }
    },
  );
});

const PORTAL = '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>';

describe('only an AWS error document is a refusal', () => {
  const foreign: [string, Reply][] = [
    [
      'a redirect to a sign-in page',
      { status: 302, body: PORTAL, headers: { location: 'http://portal.example/' } },
    ],
    ['a redirect without a body', { status: 307, body: '' }],
    ['an empty 400', { status: 400, body: '' }],
    ['an HTML 400', { status: 400, body: PORTAL }],
    ['an HTML 403', { status: 403, body: PORTAL }],
    ['a JSON 403', { status: 403, body: '{"message":"Forbidden"}' }],
    ['an HTML 404', { status: 404, body: PORTAL }],
    ['a proxy that wants a password', { status: 407, body: PORTAL }],
    ['a portal that says so', { status: 511, body: PORTAL }],
    [
      'XML of somebody else',
      { status: 400, body: '<?xml version="1.0"?><fault><Code>AccessDenied</Code></fault>' },
    ],
    ['an error without a code', { status: 400, body: '<Response><Errors><Error/></Errors></Response>' }],
  ];
  const cases = WRITES.flatMap((one) =>
    foreign.map(([what, reply]) => [one.name, what, reply, one] as const),
  );

  test.each(cases)('%s: %s is none', async (_name, _what, reply, { ask }) => {
    const server = await serving(reply);
    const error = await ask(connected(server.endpoint)).then(
      () => 'believed',
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ neverSent: false });
    expect(['endpoint', 'server']).toContain((error as { kind: string }).kind);
  });

  test('a document is one, whatever its status', async () => {
    const server = await serving(refusal(400, 'SomethingNew'), refusal(200, 'UnauthorizedOperation'));
    const { ec2 } = connected(server.endpoint);
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({ kind: 'refused', code: 'SomethingNew' });
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({ kind: 'permission' });
  });

  /** A server below HTTP. */
  async function raw(bytes: string | Buffer): Promise<string> {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => new Promise((resolve) => server.close(() => resolve())));
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  test.each([
    ['a header that is none', 'http', 'HTTP/1.1 200 OK\r\nThis is no header\r\n\r\n'],
    ['a status line that is none', 'http', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a TLS alert', 'https', Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])],
    ['another TLS alert', 'https', Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46])],
    ['a length that is none', 'http', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ] as const)('%s is none', async (_what, scheme, bytes) => {
    const { ec2 } = connected(`${scheme}://${await raw(bytes)}`);
    await expect(ec2.runInstances(RUN)).rejects.toMatchObject({ kind: 'endpoint' });
  });
});

describe('where no connection comes about', () => {
  test.each([
    ['a closed port', 'http://127.0.0.1:1'],
    ['a name that does not exist', 'http://ec2.us-esat-1.invalid'],
    ['a certificate that nobody vouches for', undefined],
  ])('%s: nothing was sent, and the error says so', async (_what, fixed) => {
    const endpoint = fixed ?? (await selfSigned());
    for (const { ask } of WRITES)
      await expect(ask(connected(endpoint))).rejects.toMatchObject({
        kind: 'endpoint',
        neverSent: true,
        message: expect.stringMatching(/; nothing was sent$/),
      });
  });

  async function selfSigned(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'rolecall-tls-'));
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '1'];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) });
    rmSync(folder, { recursive: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => new Promise((resolve) => server.close(() => resolve())));
    return `https://127.0.0.1:${(server.address() as { port: number }).port}`;
  }
});

describe('a write counts when its answer is of its kind', () => {
  const hollow: [string, Reply][] = [
    ['an empty 200', { status: 200, body: '' }],
    ['an HTML 200', { status: 200, body: PORTAL }],
    ['a JSON 200', { status: 200, body: '{}' }],
    ['an answer to something else', answer('DescribeRegions', '<regionInfo/>')],
    ['half a document', { status: 200, body: '<?xml version="1.0"?><RunInst' }],
  ];
  const cases = [...WRITES, ...READS.filter(({ name }) => name !== 'GetObject')].flatMap((one) =>
    hollow.map(([what, reply]) => [one.name, what, reply, one] as const),
  );

  test.each(cases)('%s: %s is no proof; it is asked again', async (_name, _what, reply, { ask, good }) => {
    const server = await serving(reply, good);
    await ask(connected(server.endpoint));
    expect(server.asked).toHaveLength(2);
  });

  test.each(cases)('%s: %s for ever is an error, never a success', async (_name, _what, reply, one) => {
    const server = await serving(reply);
    const unknown = /it is unknown whether AWS did it$/;
    await expect(one.ask(connected(server.endpoint))).rejects.toMatchObject({
      kind: 'endpoint',
      message: WRITES.includes(one) ? expect.stringMatching(unknown) : expect.anything(),
    });
  });

  test.each([
    ['no machine', changes('TerminateInstances')],
    ['another machine', changes('TerminateInstances', OTHER)],
    ['one machine more', changes('TerminateInstances', ID, OTHER)],
    [
      'no state',
      answer(
        'TerminateInstances',
        `<instancesSet><item><instanceId>${ID}</instanceId></item></instancesSet>`,
      ),
    ],
  ])('an end that names %s is not believed', async (_what, reply) => {
    const server = await serving(reply);
    await expect(connected(server.endpoint).ec2.terminate([ID])).rejects.toMatchObject({ kind: 'endpoint' });
  });

  test('an empty answer is told as empty, one to another operation as such', async () => {
    const told = (text: string) => ({ message: expect.stringContaining(`can't be read (${text})`) });
    const empty = await serving({ status: 200, body: '' });
    await expect(connected(empty.endpoint).ec2.terminate([ID])).rejects.toMatchObject(told('it is empty'));
    await expect(connected(empty.endpoint).ec2.runInstances(RUN)).rejects.toMatchObject(told('it is empty'));
    const other = await serving(changes('StopInstances', ID));
    await expect(connected(other.endpoint).ec2.terminate([ID])).rejects.toMatchObject(
      told('it is no TerminateInstancesResponse'),
    );
  });

  test('tags that are not said to be set are not believed', async () => {
    const server = await serving(answer('CreateTags', '<return>false</return>'));
    await expect(connected(server.endpoint).ec2.tag([ID], { a: 'b' })).rejects.toMatchObject({
      kind: 'endpoint',
    });
  });

  test('a large upload that ends in an error after a 200 has not ended', async () => {
    const server = await serving({
      status: 200,
      body: '<?xml version="1.0"?>\n<Error><Code>InternalError</Code></Error>',
    });
    const { bucket } = connected(server.endpoint);
    await expect(bucket.createText('k', 'x')).rejects.toMatchObject({ kind: 'server' });
  });
});

describe('patience goes by the status, not by the body', () => {
  const paused = async (reply: Reply, { ask }: Case): Promise<number> => {
    const server = await serving(reply);
    let sum = 0;
    const onRetry = (_: unknown, pauseMs: number) => {
      sum += pauseMs;
    };
    await expect(ask(connected(server.endpoint, { onRetry }))).rejects.toMatchObject({ kind: 'server' });
    return sum;
  };

  test.each(
    [...READS, ...WRITES].flatMap((one) =>
      [500, 502, 503, 504].map((status) => [one.name, status, one] as const),
    ),
  )('%s, %i', async (_name, status, one) => {
    const own = await paused(refusal(status, 'InternalError'), one);
    expect(own).toBeGreaterThan(20_000);
    expect(await paused({ status, body: PORTAL }, one)).toBe(own);
    expect(await paused({ status, body: '' }, one)).toBe(own);
  });
});

describe('a clock that is wrong', () => {
  test.each([
    ['EC2', -3_600_000, 'RequestExpired', READS[0]],
    ['EC2', 3_600_000, 'RequestInTheFuture', WRITES[0]],
    ['EC2', 7_200_000, 'AuthFailure', WRITES[1]],
    ['S3', -3_600_000, 'RequestTimeTooSkewed', WRITES[4]],
    ['S3', 3_600_000, 'RequestTimeTooSkewed', READS[5]],
  ] as const)(
    '%s: one that is off by %i ms is set by the answer that says so',
    async (service, offMs, code, one) => {
      if (one === undefined) throw new Error('no such case');
      const date = new Date(Date.now() - offMs).toUTCString();
      const body = `<?xml version="1.0"?>${service === 'S3' ? `<Error><Code>${code}</Code></Error>` : `<Response><Errors><Error><Code>${code}</Code></Error></Errors></Response>`}`;
      const server = await serving({ status: 403, body, headers: { date } }, one.good);
      await one.ask(connected(server.endpoint));
      const [, signed = ''] = server.headers.map((headers) => String(headers['x-amz-date']));
      const at = signed.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
      expect(Math.abs(Date.parse(at) - Date.parse(date))).toBeLessThan(200_000);
    },
  );

  test('a signature that is refused for another reason is refused once', async () => {
    const server = await serving(refusal(403, 'SignatureDoesNotMatch'));
    await expect(connected(server.endpoint).ec2.runInstances(RUN)).rejects.toMatchObject({
      kind: 'credentials',
    });
    expect(server.asked).toHaveLength(1);
  });
});

describe('what is read is what S3 stores', () => {
  const md5 = (text: string) => `"${createHash('md5').update(text).digest('hex')}"`;
  const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');
  const stored = (body: string, text: string): Reply =>
    s3(body, { etag: md5(text), 'x-amz-checksum-sha256': sha256(text) });

  test.each([
    ['a byte that changed on its way', stored('vl\n', 'v1\n')],
    ['a byte that changed, and only an ETag to tell', s3('vl\n', { etag: md5('v1\n') })],
    ['bytes that came twice', stored('v1\nv1\n', 'v1\n')],
    ['nothing', stored('', 'v1\n')],
  ])('%s: it is read again', async (_what, damaged) => {
    const server = await serving(damaged, stored('v1\n', 'v1\n'));
    expect((await connected(server.endpoint).bucket.readText('pointers/shop/prod'))?.text).toBe('v1\n');
  });

  test('an answer that is shorter than its announced length is read again', async () => {
    const server = await serving('half', stored('v1\n', 'v1\n'));
    expect((await connected(server.endpoint).bucket.readText('k'))?.text).toBe('v1\n');
  });

  test.each([
    ['a checksum', stored('vl\n', 'v1\n')],
    ['a loop that asks again anyway', stored('vl\n', 'v1\n')],
  ])('what stays damaged by %s is trouble on the way; the store is not accused', async (what, damaged) => {
    const server = await serving(damaged);
    const target = { region: 'us-east-1', endpoint: server.endpoint, credentials: CREDENTIALS };
    const polling = what.startsWith('a loop');
    const bucket = connectBucket(target, { bucket: 'b', prefix: '' }, { clock: virtualClock(), polling });
    const error = await bucket.readText('k').then(
      () => undefined,
      (thrown: unknown) => thrown as AwsError,
    );
    expect(error).toMatchObject({ kind: 'endpoint', message: expect.stringContaining('not what S3 stores') });
    expect(error?.hint).not.toMatch(/delete|remove|move it|aws s3 rm/);
  });

  test('an ETag that is no MD5 is no damage: two readings that agree are good', async () => {
    const server = await serving(s3('v1\n', { etag: md5('something else') }));
    expect((await connected(server.endpoint).bucket.readText('k'))?.text).toBe('v1\n');
    expect(server.asked).toHaveLength(2);
  });

  test('with a key of KMS the ETag tells nothing, and one reading does', async () => {
    const server = await serving(
      s3('v1\n', { etag: md5('sealed'), 'x-amz-server-side-encryption': 'aws:kms' }),
    );
    expect((await connected(server.endpoint).bucket.readText('k'))?.text).toBe('v1\n');
    expect(server.asked).toHaveLength(1);
  });

  const collected = async (bucket: Bucket) => {
    const chunks: Buffer[] = [];
    for await (const chunk of (await bucket.read('k')) ?? []) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };

  test('bytes that are read as they come are checked when they have come', async () => {
    const server = await serving(stored('archive', 'archive'), stored('archivE', 'archive'));
    const { bucket } = connected(server.endpoint);
    expect(await collected(bucket)).toBe('archive');
    await expect(collected(bucket)).rejects.toMatchObject({ kind: 'endpoint', code: 'BadDigest' });
  });

  test('a checksum of parts is none of the whole, whether it tells the parts or only the ETag does', async () => {
    const composite = sha256('of parts');
    const server = await serving(
      s3('archive', { etag: '"0123-9"', 'x-amz-checksum-sha256': `${composite}-9` }),
      s3('archive', { etag: '"0123-9"', 'x-amz-checksum-sha256': composite }),
      s3('', { etag: '"0123-9"', 'x-amz-checksum-sha256': composite }),
    );
    const { bucket } = connected(server.endpoint);
    expect(await collected(bucket)).toBe('archive');
    expect(await collected(bucket)).toBe('archive');
    expect((await bucket.head('k'))?.sha256).toBe(`${composite}-9`);
  });
});
