import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pointerText } from '../support/archives.ts';
import { SIGNED } from './box.ts';
import {
  APP,
  boot,
  bootWatched,
  box,
  builds,
  conf,
  current,
  deploying,
  folderOf,
  members,
  pinned,
  point,
  store,
  told,
} from './deploying.ts';

deploying();

describe('a run that was killed', () => {
  const killedAt = (command: string, when: string) =>
    `${command}() { if [[ "$*" == ${when} ]]; then ${command === 'rm' ? 'command rm -rf -- "$APP_FOLDER"/builds/*v1*/version;' : ''} kill -9 $$; fi; command ${command} "$@"; }`;

  test('before it switched: the next one makes current what is meant then, not what was meant before', async () => {
    conf();
    for (const tag of ['v1', 'v2']) {
      await store(tag);
      await point(pointerText(tag));
      await boot(SIGNED);
    }
    await store('v3');
    await point(pointerText('v3'));
    expect((await boot(SIGNED, { before: killedAt('mv', '*current-new*') })).status).not.toBe(0);
    await point(pointerText('v1'));
    expect(told(await boot(SIGNED))).toMatch(/^v1 in v1-\w+: v1/);
    expect(current()).toMatch(/^builds\/v1-/);
    const odd = execFileSync('find', [join(box.path, APP), '-name', '*-*', '-type', 'l'], {
      encoding: 'utf8',
    });
    expect(odd).toBe('');
  });

  test('while it removed an old build: what is left of that passes for no build', async () => {
    conf('keep=2\n');
    for (const tag of ['v1', 'v2', 'v3']) await store(tag);
    for (const tag of ['v1', 'v2']) {
      await point(pointerText(tag));
      await boot(SIGNED);
    }
    await point(pointerText('v3'));
    expect((await boot(SIGNED, { before: killedAt('rm', '*old-v1*') })).status).not.toBe(0);
    await point(pointerText('v1'));
    expect(told(await boot(SIGNED))).toMatch(/^v1 in v1-\w+: v1/);
  });

  test('while it unpacked: its leavings go at the next boot, though nothing is fetched then', async () => {
    conf();
    const first = await store('v1');
    await point(pointerText('v1'));
    await boot(SIGNED);
    await store('v2');
    await point(pointerText('v2'));
    expect((await boot(SIGNED, { before: killedAt('tar', '*--extract*') })).status).not.toBe(0);
    expect(builds().length).toBeGreaterThan(1);
    await point(pointerText('v1'));
    expect(told(await boot(SIGNED))).toMatch(/^v1 in /);
    expect(builds()).toEqual([folderOf(first)]);
  });

  test('by SIGTERM while it fetched ends at once, with a verdict', async () => {
    const build = await store('v1');
    // A server that takes the request and never answers.
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const userData = await pinned(build, { rolecall_build_url: `http://127.0.0.1:${port}/archive` });
    let pid = 0;
    let asked = false;
    silent.once('connection', () => {
      asked = true;
      process.kill(pid, 'SIGTERM');
    });
    const outcome = await bootWatched(userData, (started) => {
      pid = started;
    });
    silent.close();
    expect([asked, outcome.status]).toEqual([true, 143]);
    expect(told(outcome)).toMatch(/^deploy\.fetch \(status 143\): stopped by SIGTERM/);
  });
});

describe('a deployment whose time is up', () => {
  /** The time is up as soon as the step has a child. */
  const upAt = (step: string) =>
    `eval "real_$(declare -f keep_time)"; keep_time() { if [[ $STEP == ${step} ]]; then DEADLINE=1 RUN_CS=0 TIMEOUT=99999999; fi; real_keep_time; }`;

  test('while it fetches ends the step with status 124', async () => {
    const build = await store('v1');
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const userData = await pinned(build, { rolecall_build_url: `http://127.0.0.1:${port}/archive` });
    const outcome = await boot(userData, { before: upAt('deploy.fetch') });
    silent.close();
    expect(outcome.status).toBe(124);
    expect(told(outcome)).toMatch(
      /^deploy\.fetch \(status 124\): timed out: this step has taken \d+ s, and the launch waits \d+ s$/,
    );
    expect(outcome.stdout).not.toContain('rolecall[deploy.fetch]! ');
  });

  test('while it unpacks leaves the old build current', async () => {
    conf();
    const first = await store('v1');
    await point(pointerText('v1'));
    await boot(SIGNED);
    await store('v2');
    await point(pointerText('v2'));
    const slow = 'extract() { sleep 100; }';
    const outcome = await boot(SIGNED, { before: `${slow}; ${upAt('deploy.unpack')}` });
    expect(told(outcome)).toMatch(/^deploy\.unpack \(status 124\): timed out: /);
    expect(current()).toContain(folderOf(first));
    expect(told(await boot(SIGNED))).toMatch(/^v2 in /);
  });
});

describe('an old build', () => {
  test('that can not be removed is told of, and fails nothing', async () => {
    conf('keep=1\n');
    const first = await store('v1', [...members('v1'), { name: 'mnt/x', text: 'x' }]);
    await point(pointerText('v1'));
    await boot(SIGNED);
    await store('v2');
    await point(pointerText('v2'));
    const busy = join(box.path, APP, 'builds', folderOf(first), 'mnt');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', busy]);
    try {
      const outcome = await boot(SIGNED);
      expect(told(outcome)).toMatch(/^v2 in /);
      expect(outcome.stdout).toMatch(/rolecall\[deploy\.unpack\]: the old build v1-\w+ can't be removed/);
    } finally {
      const [moved = ''] = execFileSync('find', [join(box.path, APP, 'builds'), '-name', 'mnt'], {
        encoding: 'utf8',
      }).split('\n');
      execFileSync('umount', [moved]);
    }
    expect(told(await boot(SIGNED))).toMatch(/^v2 in /);
    expect(builds().length).toBe(1);
  });
});
