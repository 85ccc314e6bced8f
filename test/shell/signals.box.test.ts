/** Signals, in both schemes: what they end is told, and bash outlives them. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { boxProgram } from '../../src/files/package-root.ts';
import { type Outcome, withBootstrapper } from './bash.ts';
import { BoxRoot, events, SIGNED } from './box.ts';
import { type MetadataServer, serveMetadata } from './metadata-server.ts';
import { list, module, StartUpBox, sealed } from './start-up.ts';

const TRIES = 50;
const AT_ONCE = 4;
/** A script that tells that it runs, and then runs on. */
const RUNS_ON = 'echo "rolecall: here"; sleep 300; true';
const INIT = 'b/prod/bootstrapper.sh';

let metadata: MetadataServer;
const boxes: BoxRoot[] = [];
beforeEach(async () => {
  metadata = await serveMetadata(SIGNED);
});
afterEach(async () => {
  await metadata.close();
  for (const box of boxes.splice(0)) box.remove();
});

function bootBox(script: string): BoxRoot {
  const box = new BoxRoot();
  boxes.push(box);
  box.init(INIT, script);
  return box;
}
function startBox(): StartUpBox {
  const box = new StartUpBox();
  boxes.push(box);
  return box;
}

/** Options that send signals, once, when stdout has these words. */
function whenSaid(words: string, ...signals: NodeJS.Signals[]) {
  let pid = 0;
  let sent = false;
  return {
    onStart: (started: number) => {
      pid = started;
    },
    onStdout: (text: string) => {
      if (sent || !text.includes(words)) return;
      sent = true;
      for (const signal of signals) process.kill(pid, signal);
    },
  };
}

const last = ({ status, stdout }: Outcome) => `${status}: ${events(stdout).at(-1)}`;

/** The outcomes of many tries, a few at once. */
async function tries(one: () => Promise<Outcome>): Promise<string[]> {
  const outcomes: string[] = [];
  let left = TRIES;
  const worker = async () => {
    while (left-- > 0) outcomes.push(last(await one()));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes;
}

describe('SIGTERM while a script runs never crashes bash', () => {
  test('the bootstrapper, 50 times', async () => {
    const box = async () => {
      const each = bootBox(RUNS_ON);
      return await each.boot(metadata, whenSaid('rolecall[init]: here', 'SIGTERM'));
    };
    expect(new Set(await tries(box))).toEqual(new Set(['143: verdict failed init 143 MS']));
  }, 300_000);

  test('the start-up script, 50 times', async () => {
    const bundle = await sealed([list('one\n'), module('one', RUNS_ON)]);
    const box = () => startBox().start({ bundle, ...whenSaid('rolecall[module.one]: here', 'SIGTERM') });
    expect(new Set(await tries(box))).toEqual(new Set(['143: verdict failed module.one 143 MS']));
  }, 300_000);
});

describe.each([
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('%s', (signal, status) => {
  test('ends a module', async () => {
    const bundle = await sealed([list('one\n'), module('one', RUNS_ON)]);
    const outcome = await startBox().start({ bundle, ...whenSaid(']: here', signal) });
    expect(last(outcome)).toBe(`${status}: verdict failed module.one ${status} MS`);
  });
});

test('two signals at once: one of them ends the run, once', async () => {
  const outcome = await bootBox(RUNS_ON).boot(metadata, whenSaid(']: here', 'SIGTERM', 'SIGHUP'));
  expect(last(outcome)).toMatch(/^(143: verdict failed init 143|129: verdict failed init 129) MS$/);
  expect(events(outcome.stdout).filter((event) => event.startsWith('end init'))).toHaveLength(1);
});

test('a module that is deaf to the end of its time, and then SIGTERM', async () => {
  const script = 'trap \'echo "rolecall: deaf"\' TERM; while :; do read -t 9 <> <(:) || true; done';
  const runner = {
    name: 'start-up-bundle/.lib/runner.sh',
    text: boxProgram('runner.sh').replace(/^GRACE=10$/m, 'GRACE=3'),
  };
  const bundle = await sealed([list('one 1\n'), module('one', script), runner]);
  const outcome = await startBox().start({ bundle, ...whenSaid(']: deaf', 'SIGTERM') });
  expect(last(outcome)).toBe('143: verdict failed module.one 143 MS');
});

/** A server of which a test knows when it is asked. */
async function server(asked: (answer: (status: number) => void) => void) {
  const listening = createServer((request, response) => {
    request.resume();
    request.once('end', () => asked((status) => response.writeHead(status).end()));
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const close = () => {
    listening.closeAllConnections();
    listening.close();
  };
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/x`, close };
}

const deploying = (url: string): string =>
  [
    'rolecall_app=shop',
    'rolecall_bucket=shop-bucket',
    'rolecall_build=v1',
    `rolecall_build_sha256=${'0'.repeat(64)}`,
    `rolecall_build_url=${url}`,
    'rolecall_fetch=presigned',
    'rolecall_region=us-east-1\n',
  ].join('\n');

/** Runs the bootstrapper with tools of the test's own before the machine's. */
async function bootWith(
  box: BoxRoot,
  tools: Readonly<Record<string, string>>,
  options: Parameters<typeof withBootstrapper>[2],
  service = metadata,
): Promise<Outcome> {
  for (const [name, script] of Object.entries(tools))
    box.write(`tools/${name}`, `#!/bin/bash\n${script}\n`, 0o755);
  const env = { ROLECALL_ROOT: box.path, ROLECALL_METADATA: service.url };
  return await withBootstrapper('BOX_PATH=$1:$BOX_PATH; main', [join(box.path, 'tools')], {
    ...options,
    env,
  });
}

const STOPPING = { systemctl: '[[ $* == is-system-running ]] && echo stopping; exit 1' };

describe('while an archive is fetched, SIGTERM ends the fetch', () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['with a verdict', {}, 'verdict failed deploy.fetch 143 MS'],
    ['without one where the machine shuts down', STOPPING, 'interrupted deploy.fetch'],
  ])('%s', async (_what, tools, expected) => {
    let pid = 0;
    const { url, close } = await server(() => process.kill(pid, 'SIGTERM'));
    const service = await serveMetadata(SIGNED + deploying(url));
    const options = {
      onStart: (started: number) => {
        pid = started;
      },
    };
    const outcome = await bootWith(bootBox('true'), tools, options, service);
    close();
    await service.close();
    expect(last(outcome)).toBe(`143: ${expected}`);
  });
});

const beacons = (url: string): string =>
  [
    'rolecall_beacon_credential=x',
    'rolecall_beacon_date=x',
    'rolecall_beacon_policy=eA==',
    'rolecall_beacon_signature=x',
    `rolecall_beacon_url=${url}`,
    'rolecall_log_policy=eA==',
    'rolecall_log_signature=x\n',
  ].join('\n');

test('SIGTERM while the verdict is sent changes nothing about it', async () => {
  let pid = 0;
  const box = bootBox('true');
  const { url, close } = await server((answer) => {
    if (/verdict ok/.test(box.read('dev/console'))) process.kill(pid, 'SIGTERM');
    answer(204);
  });
  const service = await serveMetadata(SIGNED + beacons(url));
  const outcome = await box.boot(service, { onStart: (started) => (pid = started) });
  close();
  await service.close();
  expect(last(outcome)).toBe('0: verdict ok init 0 MS');
});

describe('a machine that shuts down gives no verdict', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['systemd says so', STOPPING],
    ['the runlevel says so, without systemd', { systemctl: 'echo offline; exit 1', runlevel: 'echo 2 6' }],
  ])('%s', async (_what, tools) => {
    const outcome = await bootWith(bootBox(RUNS_ON), tools, whenSaid(']: here', 'SIGTERM'));
    expect(last(outcome)).toBe('143: interrupted init');
    expect(outcome.stdout).not.toMatch(/ERROR|verdict|end init/);
  });

  // A unit with KillMode=process, as cloud-final, leaves its script to systemd-shutdown, which answers no systemctl.
  test.each(['systemd-shutdow', 'shutdown'])('process 1 is %s, and systemctl fails', async (name) => {
    const box = bootBox(RUNS_ON);
    box.write('proc/1/comm', `${name}\n`);
    const tools = { systemctl: 'echo offline; exit 1', runlevel: 'echo unknown; exit 1' };
    const outcome = await bootWith(box, tools, whenSaid(']: here', 'SIGTERM'));
    expect(last(outcome)).toBe('143: interrupted init');
    expect(outcome.stdout).not.toMatch(/ERROR|verdict|end init/);
  });

  test('nor where its script fails because of that', async () => {
    const outcome = await bootWith(bootBox('exit 3'), STOPPING, {});
    expect(last(outcome)).toBe('3: interrupted init');
  });

  test('and no beacon', async () => {
    const keys: string[] = [];
    const listening = createServer((request, response) => {
      let body = '';
      request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        keys.push(/name="key"\s+(\S+)/.exec(body)?.[1] ?? 'none');
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`;
    const service = await serveMetadata(SIGNED + beacons(url));
    await bootWith(bootBox(RUNS_ON), STOPPING, whenSaid(']: here', 'SIGTERM'), service);
    listening.closeAllConnections();
    listening.close();
    await service.close();
    expect(keys.filter((key) => !key.includes('/e/'))).toEqual([]);
  });

  test('but one that merely runs does', async () => {
    const tools = { systemctl: 'echo running', runlevel: 'echo N 5' };
    const outcome = await bootWith(bootBox(RUNS_ON), tools, whenSaid(']: here', 'SIGTERM'));
    expect(last(outcome)).toBe('143: verdict failed init 143 MS');
  });

  test('in the start-up script too', async () => {
    const box = startBox();
    box.write('systemctl', `#!/bin/bash\n${STOPPING.systemctl}\n`, 0o755);
    const mounts = 'mount -t tmpfs tmpfs /usr/local/sbin; cp "$1/systemctl" /usr/local/sbin/';
    const bundle = await sealed([list('one\n'), module('one', RUNS_ON)]);
    const outcome = await box.start({ bundle, mounts, ...whenSaid(']: here', 'SIGTERM') });
    expect(last(outcome)).toBe('143: interrupted module.one');
    expect(outcome.stdout).not.toMatch(/ERROR|verdict/);
  });
});

test('after a shutdown in the middle, the next boot gives the verdict', async () => {
  const box = bootBox(RUNS_ON);
  await bootWith(box, STOPPING, whenSaid(']: here', 'SIGTERM'));
  box.init(INIT, 'true');
  const again = await box.boot(metadata);
  expect(last(again)).toBe('0: verdict ok init 0 MS');
  expect(readFileSync(join(box.path, 'var/log/rolecall/bootstrapper.log.1'), 'latin1')).toContain(
    'interrupted init',
  );
});
