import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sandbox } from '../../../../test/support/cli.ts';
import { testCloud } from '../../../../test/support/local-cloud.ts';
import { type CloudFile, readCloudFile, writeCloudFile } from '../../src/cloud-file.ts';
import { boxOf, runningCloud } from '../../src/control/client.ts';
import { converse } from '../../src/control/connection.ts';
import { clientProof, cloudProof } from '../../src/control/proof.ts';
import { ownMark } from '../../src/holder.ts';

/** The user and group `nobody`: tests run as root. */
const NOBODY = 65_534;
const KEY = 'the key of a cloud that is gone';

let top: string;
let folder: string;
let file: CloudFile;
const servers: Server[] = [];
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'rolecall-intruder-'));
  folder = join(top, 'state/rolecall/local');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  file = {
    endpoint: 'http://127.0.0.1:1',
    control: join(folder, 'control.sock'),
    mark: ownMark(),
    pid: process.pid,
    access_key_id: 'AKIA',
    secret_access_key: KEY,
    kind: 'complete',
    started: '2026-01-31T00:00:00.000Z',
  };
});
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
  rmSync(top, { recursive: true, force: true });
});

interface Seen {
  readonly url: string;
  readonly headers: string;
  readonly body: string;
}

/** A server that notes all that it is sent. */
async function listen(at: string | number, answer: (request: IncomingMessage) => object): Promise<Seen[]> {
  const seen: Seen[] = [];
  const server = createServer(async (asked, response) => {
    seen.push({ url: asked.url ?? '', headers: asked.rawHeaders.join('\n'), body: await text(asked) });
    response.end(JSON.stringify(answer(asked)));
  });
  servers.push(server);
  const mask = process.umask(0o177);
  await new Promise<void>((resolve) => {
    if (typeof at === 'number') server.listen(at, '127.0.0.1', resolve);
    else server.listen(at, resolve);
  });
  process.umask(mask);
  if (typeof at === 'number')
    file = { ...file, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return seen;
}

describe('who listens in the place of a cloud that is gone', () => {
  test('at its port is sent nothing at all', async () => {
    const seen = await listen(0, () => ({ pid: 1, kind: 'complete' }));
    writeCloudFile(folder, file, undefined);
    expect(await runningCloud(folder)).toBeUndefined();
    expect(seen).toEqual([]);
  });

  test.each([
    ['no proof', () => ({})],
    ['a proof by another key', ({ headers }: IncomingMessage) => proofOf('another', headers)],
    [
      'our own challenge',
      ({ headers }: IncomingMessage) => ({ challenge: headers['rolecall-challenge'], proof: '' }),
    ],
  ])('at its socket, with %s, gets a challenge and nothing else', async (_what, answer) => {
    const seen = await listen(file.control, answer);
    writeCloudFile(folder, file, undefined);
    expect(await runningCloud(folder)).toBeUndefined();
    expect(seen.map(({ url }) => url)).toEqual(['/_rolecall/challenge']);
    expect(JSON.stringify(seen)).not.toContain(KEY);
    await expect(boxOf(file, 'i-0123456789abcdef0')).rejects.toThrow('is gone');
    expect(JSON.stringify(seen)).not.toMatch(/authorization|boxes/i);
  });
});

/** A handshake's answer by a key. */
function proofOf(key: string, headers: IncomingMessage['headers']) {
  const cloud = '1'.repeat(32);
  return {
    challenge: cloud,
    proof: cloudProof(key, { client: String(headers['rolecall-challenge']), cloud }),
  };
}

describe('a folder that somebody else can change is told, and no secret is read from it', () => {
  const refusal = (): string => {
    try {
      readCloudFile(folder);
      return 'trusted';
    } catch (error) {
      return String(error);
    }
  };
  const parts = () => [top, join(top, 'state'), join(top, 'state/rolecall'), folder];

  test.each([0, 1, 2, 3])('part %i of the path belongs to another user', (at) => {
    writeCloudFile(folder, file, undefined);
    const part = parts()[at] ?? '';
    chownSync(part, NOBODY, NOBODY);
    expect(refusal()).toContain(`can't be trusted: ${part} belongs to user ${NOBODY}`);
  });

  test.each([0, 1, 2, 3])('part %i of the path can be written to by all', (at) => {
    writeCloudFile(folder, file, undefined);
    const part = parts()[at] ?? '';
    chmodSync(part, 0o777);
    expect(refusal()).toContain(`${part} can be written to by everybody`);
    chmodSync(part, 0o1777);
    expect(refusal()).toBe('trusted');
  });

  test('part of it can be written to by a group of others', () => {
    writeCloudFile(folder, file, undefined);
    chownSync(folder, 0, NOBODY);
    chmodSync(folder, 0o770);
    expect(refusal()).toContain(`${folder} can be written to by group ${NOBODY}`);
  });

  test.each([1, 2, 3])('part %i of the path is a link into a folder of another user', (at) => {
    writeCloudFile(folder, file, undefined);
    const part = parts()[at] ?? '';
    const theirs = join(top, 'theirs');
    mkdirSync(theirs);
    renameSync(part, join(theirs, 'moved'));
    symlinkSync(join(theirs, 'moved'), part);
    expect(refusal()).toBe('trusted');
    chownSync(theirs, NOBODY, NOBODY);
    expect(refusal()).toContain(`${theirs} belongs to user ${NOBODY}`);
  });

  test('a link leads to another link, which lies in a folder of another user', () => {
    writeCloudFile(folder, file, undefined);
    const theirs = join(top, 'theirs');
    const mine = join(top, 'mine');
    mkdirSync(theirs);
    renameSync(join(top, 'state'), mine);
    symlinkSync('../mine', join(theirs, 'hop'));
    symlinkSync('theirs/hop', join(top, 'state'));
    expect(refusal()).toBe('trusted');
    chownSync(theirs, NOBODY, NOBODY);
    expect(refusal()).toContain(`${theirs} belongs to user ${NOBODY}`);
  });

  test.each<[string, (path: string) => void, string]>([
    ['is open to others', (path) => chmodSync(path, 0o644), 'it is open to others'],
    ['belongs to another user', (path) => chownSync(path, NOBODY, NOBODY), `it belongs to user ${NOBODY}`],
    [
      'is a link',
      (path) => {
        renameSync(path, join(top, 'elsewhere'));
        symlinkSync(join(top, 'elsewhere'), path);
      },
      'it is a link',
    ],
  ])('the file itself %s', (_what, change, words) => {
    writeCloudFile(folder, file, undefined);
    change(join(folder, 'cloud.json'));
    expect(refusal()).toContain(words);
  });

  test.each<[string, (path: string) => void]>([
    ['belongs to another user', (path) => chownSync(path, NOBODY, NOBODY)],
    ['is open to all', (path) => chmodSync(path, 0o666)],
  ])('the socket %s: nothing is asked, and the file stays for a look', async (_what, change) => {
    const seen = await listen(file.control, () => ({}));
    writeCloudFile(folder, file, undefined);
    change(file.control);
    await expect(runningCloud(folder)).rejects.toThrow(`${file.control} can't be trusted`);
    expect(seen).toEqual([]);
    expect(readCloudFile(folder)).toEqual(file);
  });

  test('root that acts for a user trusts him, and nobody else', () => {
    writeCloudFile(folder, file, { uid: NOBODY, gid: NOBODY });
    for (const part of parts()) chownSync(part, NOBODY, NOBODY);
    expect(refusal()).toContain(`belongs to user ${NOBODY}`);
    expect(readCloudFile(folder, { uid: NOBODY, gid: NOBODY })).toEqual(file);
    expect(() => readCloudFile(folder, { uid: 1, gid: 1 })).toThrow("can't be trusted");
  });
});

describe('a cloud', () => {
  /** What its socket answers to one raw request. */
  const raw = (socketPath: string, path: string, headers: Record<string, string>, method = 'GET') =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const sent = request({ socketPath, path, method, headers, agent: false }, async (response) =>
        resolve({ status: response.statusCode ?? 0, body: await text(response) }),
      );
      sent.once('error', reject);
      sent.end();
    });
  /** A handshake of its own. */
  async function handshake({ control }: { readonly control: string }) {
    const client = '2'.repeat(32);
    const { body } = await raw(control, '/_rolecall/challenge', { 'rolecall-challenge': client });
    return { client, cloud: String(JSON.parse(body).challenge) };
  }
  const call = { method: 'GET', path: '/_rolecall/', body: '' };

  test('takes a proof once, for the call that it was made for, and from whoever got the challenge', async () => {
    await using cloud = await testCloud();
    const { control, secret_access_key: key } = cloud.reach;
    const ask = (authorization: string, path = '/_rolecall/', method = 'GET') =>
      raw(control, path, { authorization }, method).then(({ status }) => status);
    const fresh = async (change: Partial<typeof call> = {}, by = key) => {
      const shaken = await handshake(cloud.reach);
      return `Rolecall ${shaken.cloud} ${clientProof(by, shaken, { ...call, ...change })}`;
    };
    const good = await fresh();
    expect(await ask(good)).toBe(200);
    expect(await ask(good)).toBe(401);
    expect(await ask(await fresh({}, 'another key'))).toBe(401);
    expect(await ask(await fresh(), '/_rolecall/requests')).toBe(401);
    expect(await ask(await fresh(), '/_rolecall/down', 'POST')).toBe(401);
    expect(
      await ask(
        await fresh({ method: 'POST', path: '/_rolecall/down', body: 'x' }),
        '/_rolecall/down',
        'POST',
      ),
    ).toBe(401);
    const [, cloudSide = ''] = (await fresh()).split(' ');
    for (const words of [
      '',
      `Bearer ${key}`,
      `Rolecall ${cloudSide}`,
      `Rolecall ${cloudSide} `,
      `Rolecall ${'0'.repeat(32)} x`,
    ])
      expect(await ask(words)).toBe(401);
    expect((await converse(cloud.reach, 'GET', '')).status).toBe(200);
  });

  test.each(['', 'x', '0'.repeat(31), `${'0'.repeat(32)}\t`])(
    'gives no proof for the challenge %j',
    async (challenge) => {
      await using cloud = await testCloud();
      const { status, body } = await raw(cloud.reach.control, '/_rolecall/challenge', {
        'rolecall-challenge': challenge,
      });
      expect(status).toBe(challenge.endsWith('\t') ? 200 : 400);
      expect(body).not.toContain(cloud.credentials.secretAccessKey);
    },
  );

  test('has no control API at the port that machines and other users reach', async () => {
    await using cloud = await testCloud();
    const authorization = `Bearer ${cloud.credentials.secretAccessKey}`;
    for (const path of ['', 'boxes/i-0123456789abcdef0', 'challenge']) {
      const answer = await fetch(`${cloud.endpoint}/_rolecall/${path}`, { headers: { authorization } });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await answer.text()).not.toMatch(/"pid"|"challenge"/);
    }
  });

  test('is out of reach of other users', async () => {
    await using cloud = await testCloud();
    const script = `require('node:net').connect(process.argv[1]).once('error', ({ code }) => console.log(code)).once('connect', () => { console.log('in'); process.exit() })`;
    const asNobody = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--'];
    const { stdout } = spawnSync('setpriv', [...asNobody, 'node', '-e', script, cloud.reach.control], {
      encoding: 'utf8',
      cwd: '/',
    });
    expect(stdout.trim()).toBe('EACCES');
  });

  test('in a folder with a very long name is reached, too', async () => {
    const control = join(top, 'x'.repeat(100), 'y'.repeat(100), 'control.sock');
    mkdirSync(join(control, '..'), { recursive: true });
    await using cloud = await testCloud({ control });
    expect((await converse(cloud.reach, 'GET', '')).status).toBe(200);
  });
});

describe('local exec', () => {
  const box = sandbox();

  test.each([
    ['a process of somebody else', () => process.ppid, () => ownMark()],
    ['the first process', () => 1, () => ownMark()],
    ['a process that is gone', () => 4_194_300, () => ownMark()],
    [
      'a process of a cloud whose number another process has now',
      () => child.pid ?? 0,
      () => ownMark().replace(/\d+$/, '1'),
    ],
    ['a process of another boot', () => child.pid ?? 0, () => ownMark().replace(/^\w{8}/, '00000000')],
  ])('enters not %s, whatever the cloud says', async (_what, pid, mark) => {
    const state = join(box.home, 'state/rolecall/local');
    mkdirSync(state, { recursive: true, mode: 0o700 });
    file = { ...file, control: join(state, 'control.sock'), mark: mark() };
    await listen(file.control, ({ url, headers }) =>
      url === '/_rolecall/challenge' ? proofOf(KEY, headers) : { pid: pid(), kind: 'complete' },
    );
    rmSync(join(state, 'cloud.json'), { force: true });
    writeCloudFile(state, file, undefined);
    const { code, stdout, stderr } = await box.run(['local', 'exec', 'i-0123456789abcdef0', '--', 'id']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: process \d+ of i-0123456789abcdef0 is none of the local cloud's/);
  });

  const child = { pid: process.pid };
});
