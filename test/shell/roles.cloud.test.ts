import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../src/files/package-root.ts';
import { eventually, run } from './bash.ts';

// The example's role scripts as a whole belong on a machine: the end-to-end tests run them in boxes. Here are their parts.
const LIBRARY = join(packageRoot(), 'example/image/usr/local/lib/rolecall');

let folder = '';
const started: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-roles-'));
});

afterEach(() => {
  for (const pid of started.splice(0)) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const withLibrary = (script: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
  run(
    'bash',
    ['-c', `set -euo pipefail; source "$1"; shift; ${script}`, 'test', join(LIBRARY, 'role.sh'), ...args],
    { env },
  );

describe('role.sh', () => {
  test.each([
    [{}, '64'],
    [{ memcached_mb: '128' }, '128'],
  ])('number takes the key or the default: %j', async (env, expected) => {
    expect(await withLibrary('number memcached_mb 64', [], env)).toMatchObject({
      status: 0,
      stdout: expected,
    });
  });

  test.each(['0', '-1', '1.5', 'many', '12345678', '1 2'])('number refuses %j', async (memcached_mb) => {
    const { status, stderr } = await withLibrary('number memcached_mb 64', [], { memcached_mb });
    expect(status).toBe(1);
    expect(stderr).toBe(
      `ERROR: memcached_mb must be a whole number from 1 to 9999999, and is ${memcached_mb}\n`,
    );
  });

  test('wait_for gives up, and says so by its status', async () => {
    expect((await withLibrary('wait_for 1 false')).status).toBe(1);
    expect((await withLibrary('wait_for 1 true')).status).toBe(0);
  });

  test('stop ends the process that the pid file names, and no other', async () => {
    const sleeper = spawn('sleep', ['300'], { stdio: 'ignore' });
    const gone = new Promise((resolve) => sleeper.once('exit', resolve));
    started.push(sleeper.pid ?? 0);
    const file = join(folder, 'pid');
    writeFileSync(file, `${sleeper.pid}\n`);
    expect((await withLibrary('stop "$1" memcached', [file])).status).toBe(0);
    expect(existsSync(`/proc/${sleeper.pid}`)).toBe(true);
    writeFileSync(file, `${sleeper.pid}\n`);
    expect((await withLibrary('stop "$1" "sleep 300"', [file])).status).toBe(0);
    await gone;
    expect(existsSync(file)).toBe(false);
  });

  test.each(['', 'nonsense\n', '0\n', '99999999\n'])('a pid file with %j names nobody', async (text) => {
    writeFileSync(join(folder, 'pid'), text);
    expect((await withLibrary('running "$1" ""', [join(folder, 'pid')])).status).toBe(1);
  });
});

describe('worker.sh', () => {
  test('writes its pid and a heartbeat, and ends on TERM', async () => {
    const worker = spawn('bash', [join(LIBRARY, 'worker.sh'), '1', folder], { stdio: 'ignore' });
    const ended = new Promise((resolve) => worker.once('exit', (code) => resolve(code)));
    started.push(worker.pid ?? 0);
    await eventually('a heartbeat', () => (existsSync(join(folder, 'heartbeat')) ? true : undefined));
    const beat = readFileSync(join(folder, 'heartbeat'), 'utf8');
    expect(readFileSync(join(folder, 'pid'), 'utf8')).toBe(`${worker.pid}\n`);
    await eventually('another heartbeat', () =>
      readFileSync(join(folder, 'heartbeat'), 'utf8') === beat ? undefined : true,
    );
    worker.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

describe('static-server.pl', () => {
  let port = 0;

  beforeEach(async () => {
    mkdirSync(join(folder, 'pages/sub'), { recursive: true });
    writeFileSync(join(folder, 'pages/index.html'), '<h1>home</h1>\n');
    writeFileSync(join(folder, 'pages/sub/a b.txt'), 'text\n');
    writeFileSync(join(folder, 'secret.txt'), 'secret\n');
    port = await freePort();
    // Its output goes to a file, as in roles/web.sh: the daemon keeps it open.
    const log = join(folder, 'log');
    const args = [
      join(LIBRARY, 'static-server.pl'),
      `${port}`,
      join(folder, 'pages'),
      join(folder, 'pid'),
      log,
    ];
    const { status } = await run('bash', ['-c', 'perl "$1" "$2" "$3" "$4" >>"$5" 2>&1', 'test', ...args]);
    expect({ status, log: readFileSync(log, 'utf8') }).toEqual({ status: 0, log: '' });
    const pidFile = join(folder, 'pid');
    const written = () => (existsSync(pidFile) && readFileSync(pidFile, 'utf8')) || undefined;
    started.push(Number(await eventually('the pid file', written)));
  });

  test.each([
    ['/', 200, 'text/html; charset=utf-8', '<h1>home</h1>\n'],
    ['/index.html?x=1', 200, 'text/html; charset=utf-8', '<h1>home</h1>\n'],
    ['/sub/a%20b.txt', 200, 'text/plain; charset=utf-8', 'text\n'],
    ['/nothing', 404, 'text/plain', '404\n'],
    ['/sub/', 404, 'text/plain', '404\n'],
    ['/%2e%2e/secret.txt', 404, 'text/plain', '404\n'],
    ['/sub/..%2f..%2fsecret.txt', 404, 'text/plain', '404\n'],
    ['/index.html%00.txt', 404, 'text/plain', '404\n'],
  ])('GET %s', async (path, status, type, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    expect({
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.text(),
    }).toEqual({
      status,
      type,
      body,
    });
  });

  test('HEAD has the length and no body; POST is refused', async () => {
    const head = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '14', '']);
    expect((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' })).status).toBe(400);
  });

  test('a client that says nothing keeps nobody waiting', async () => {
    const silent = connect(port, '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    silent.destroy();
  });

  test('a port that is taken is an error before it goes to the background', async () => {
    const { status, stderr } = await run('perl', [
      join(LIBRARY, 'static-server.pl'),
      `${port}`,
      folder,
      join(folder, 'pid2'),
    ]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`static-server: can't listen on port ${port}`);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
