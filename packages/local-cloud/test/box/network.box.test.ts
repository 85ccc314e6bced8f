import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/local-cloud.ts';
import { enterCommand } from '../../src/box/enter-command.ts';
import { outwardProxy } from '../../src/outward/proxy.ts';
import { type Listening, listening, WAYS } from '../outward/lines.ts';
import { type Lab, openLab } from './harness.ts';

let lab: Lab;
let site: Listening;
beforeAll(async () => {
  // This machine's loopback stands for the outside here, at an address that boxes don't take for their own.
  lab = await openLab(undefined, [], outwardProxy(WAYS));
  const server = createServer((request, response) => {
    if (request.url === '/for-ever') response.write('waiting');
    else response.end(`page ${request.url} for ${request.headers.host}`);
  });
  site = await listening(server, '127.0.0.2');
});
afterAll(async () => {
  await lab.close();
  await site[Symbol.asyncDispose]();
});

const NETWORK = { services: { network: true, s3: { port: 4_000, handler: () => undefined } } };
const outside = (path: string) => `http://127.0.0.2:${site.port}${path}`;
/** What a command says that enters a box; not in step with this process, which serves the box. */
const entered = (pid: number | undefined, ...argv: string[]): Promise<string> => {
  const [program = '', ...args] = enterCommand('complete', pid ?? 0, argv);
  return new Promise((resolve) => {
    execFile(program, args, (error, stdout) => resolve(error === null ? stdout : `exit ${error.code}`));
  });
};

describe('a box with a network', () => {
  test('gets a page from outside, by its environment alone; what is inside stays inside', async () => {
    const machine = await lab.run(
      `curl --silent --show-error ${outside('/a')}; echo
       curl --silent --show-error --proxytunnel ${outside('/b')}; echo
       curl --silent http://127.0.0.9:${site.port}/; curl --silent --max-time 2 http://$(hostname):1/ || echo own=$?
       curl --silent --output /dev/null --write-out 'metadata=%{http_code}\\n' http://169.254.169.254/latest/meta-data/
       echo S3 is $AWS_ENDPOINT_URL_S3; echo over`,
      NETWORK,
    );
    await machine.said(/: over/);
    const text = machine.console();
    expect(text).toContain(`page /a for 127.0.0.2:${site.port}`);
    expect(text).toContain(`page /b for 127.0.0.2:${site.port}`);
    expect(text).toContain('a local machine may not reach 127.0.0.9:');
    expect(text).toContain('own=7');
    expect(text).toContain('metadata=401');
    expect(text).toContain('S3 is http://127.0.0.1:4000');
    await machine.stop();
  });

  test('apt knows the proxy after `env -i` too, logins know it, and so does who enters', async () => {
    const machine = await lab.boot(NETWORK);
    await machine.said(/boot is over/);
    const apt = await entered(machine.pid, 'env', '-i', '/usr/bin/apt-config', 'dump');
    expect(apt).toContain('Acquire::http::Proxy "http://127.0.0.1:63128";');
    expect(apt).toContain('Acquire::https::Proxy "http://127.0.0.1:63128";');
    const logins = await entered(machine.pid, 'cat', '/etc/environment');
    expect(logins).toContain('http_proxy=http://127.0.0.1:63128\n');
    expect(logins).toMatch(
      /^NO_PROXY=localhost,127\.0\.0\.1,::1,169\.254\.169\.254,10\.0\.0\.\d+,ip-10-0-0-\d+$/m,
    );
    expect(await entered(machine.pid, 'curl', '--silent', outside('/entered'))).toContain('page /entered');
    expect(await entered(machine.pid, 'printenv', 'AWS_ENDPOINT_URL_S3')).toBe('http://127.0.0.1:4000\n');
    expect(await entered(machine.pid, 'no-such-command')).toBe('exit 127');
    await machine.stop();
  });

  test('leaves nothing open when it ends', async () => {
    const machine = await lab.run(`curl --silent --no-buffer ${outside('/for-ever')}`, NETWORK);
    await until('it has begun', async () => (await site.connections()) === 1);
    await machine.stop();
    await until('the site is left alone', async () => (await site.connections()) === 0);
  });
});

test('a box without one has no proxy, and does not come by one', async () => {
  const machine = await lab.run(
    `echo "proxy=\${http_proxy:-none} \${HTTPS_PROXY:-none}"; grep -c _proxy /etc/environment
     curl --silent --proxy http://127.0.0.1:63128 ${outside('/')}; echo curl=$?; echo over`,
  );
  await machine.said(/: over/);
  expect(machine.console()).toContain('proxy=none none');
  expect(machine.console()).toContain('curl=7');
  expect(machine.console()).not.toContain('page /');
  await machine.stop();
});
