import { describe, expect, test } from '@jest/globals';
import { AwsError, UsageError } from '../../src/errors.ts';
import type { InstanceId } from '../../src/model.ts';
import type { WatchEvent } from '../../src/watch/events.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { BOOTED, failedRun, goodRun, LAUNCH, LAUNCHED_AT, marker, NONCE, OTHER_NONCE } from './boxes.ts';
import { notices, verdicts } from './store.ts';
import { print, World } from './world.ts';

const only = (events: readonly WatchEvent[]): Verdict => {
  const [verdict, ...more] = verdicts(events);
  if (verdict === undefined || more.length > 0) throw new Error(`not one verdict: ${JSON.stringify(events)}`);
  return verdict;
};
const reason = (verdict: Verdict) => ('reason' in verdict ? verdict.reason : '');
/** An event in a word or two. */
const brief = (event: WatchEvent): string => {
  switch (event.type) {
    case 'machine':
      return event.machine.state;
    case 'step-started':
      return `start ${event.step}`;
    case 'step-ended':
      return `end ${event.step.name} ${event.step.status}`;
    case 'said':
      return `${event.step}: ${event.text}`;
    case 'alive':
      return `${event.step} after ${event.ms} ms: ${event.text}`;
    case 'verdict':
      return event.verdict.outcome;
    case 'gap':
      return `gap ${event.loss}`;
    case 'untagged':
      return `untagged ${event.instanceIds.length}: ${event.reason}`;
    case 'notice':
      return event.text;
  }
};

test('a good boot is told step by step, ends with its verdict, and is tagged', async () => {
  const world = new World();
  const lines = goodRun();
  const box = world.boot([...lines.slice(0, 6), 'rolecall[init]: memcached runs', ...lines.slice(6)]);
  const events = await world.watch();
  expect(events.map(brief)).toEqual([
    'pending',
    'running',
    'start metadata',
    'end metadata 0',
    'start personality',
    'end personality 0',
    'start init',
    'init: memcached runs',
    'end init 0',
    'succeeded',
  ]);
  expect(only(events)).toMatchObject({ outcome: 'succeeded', bootMs: BOOTED * 1000 + 8000 - LAUNCHED_AT });
  expect(world.tags.get(box.machine.instanceId)).toEqual({ 'rolecall:verdict': 'succeeded' });
  // The verdict is printed at 2 + 8 / 2 seconds, is read at the next look, and counts two looks later.
  expect(world.now).toBe(7);
});

test('what came between two looks is told in the order in which the box printed it, and once', async () => {
  const world = new World();
  const said = 'rolecall[init]: memcached runs';
  const lines = [...goodRun({}, 6), said, ...goodRun().slice(6)].flatMap((line) => [line, line]);
  world.add({ state: 'running' }, { console: text(lines) });
  const told = (await world.watch()).map(brief);
  expect(told.slice(-4)).toEqual(['start init', 'init: memcached runs', 'end init 0', 'succeeded']);
  expect(new Set(told).size).toBe(told.length);
});

test('a failed boot names its step and its error, at once', async () => {
  const world = new World();
  world.boot(failedRun());
  const events = await world.watch();
  expect(only(events)).toMatchObject({
    outcome: 'failed',
    failure: {
      step: 'init',
      status: 2,
      error: "cp: cannot stat 'memcached.conf': No such file or directory",
    },
  });
  expect(world.now).toBeLessThan(10);
});

test('a bad end whose verdict never comes is a failure after a moment of grace', async () => {
  const world = new World();
  world.boot(failedRun().slice(0, 11));
  expect(only(await world.watch())).toMatchObject({
    outcome: 'failed',
    failure: { step: 'init', excerpt: { length: 4 } },
  });
  expect(world.now).toBeLessThan(15);
});

describe('silent', () => {
  test('never running', async () => {
    const world = new World();
    world.add();
    const verdict = only(await world.watch({ neverRunningMs: 40_000 }));
    expect(verdict.outcome).toBe('silent');
    expect(reason(verdict)).toBe('never running: still pending after 40 s');
  });

  test('never described by EC2', async () => {
    const world = new World();
    const box = world.add({}, { visible: false });
    const sent = { machines: [box.machine], launched: 1, done: true };
    const verdict = only(await world.watch({ sent: () => sent, neverRunningMs: 40_000 }));
    expect(verdict.outcome).toBe('silent');
    expect(reason(verdict)).toBe('never running: EC2 has not described it within 40 s');
  });

  test('status check impaired', async () => {
    const world = new World();
    world.boot([]).impaired = true;
    const verdict = only(await world.watch());
    expect(verdict.outcome).toBe('silent');
    expect(reason(verdict)).toMatch(/^status check impaired: .*; console empty$/);
  });

  test('but not where an earlier watch has proved it: its console has told other things since', async () => {
    const world = new World();
    world.boot(['a day of work'], { tags: { 'rolecall:verdict': 'succeeded' } });
    expect(only(await world.watch())).toEqual({ outcome: 'succeeded', steps: [] });
    world.boot(failedRun(), { tags: { 'rolecall:verdict': 'succeeded' } });
    expect(verdicts(await world.watch()).map(({ outcome }) => outcome)).toContain('failed');
  });

  test('console empty, after the time that counts from running', async () => {
    const world = new World();
    world.boot([]);
    const verdict = only(await world.watch());
    expect(reason(verdict)).toBe('console empty');
    expect(world.now).toBe(61);
  });

  test('no begin marker, with the last line', async () => {
    const world = new World();
    world.boot(['[    0.0] Linux', 'ip-10-0-0-1 login: \u001b[5m']);
    const verdict = only(await world.watch());
    expect(reason(verdict)).toBe(
      "no begin marker: the bootstrapper never started; the console's last line: ip-10-0-0-1 login:",
    );
    expect(verdict).toMatchObject({ excerpt: ['[    0.0] Linux', 'ip-10-0-0-1 login:'] });
  });

  test('markers that were not believed are told', async () => {
    const world = new World();
    world.boot(goodRun({ nonce: OTHER_NONCE }));
    expect(reason(only(await world.watch()))).toBe(
      'no marker that counts; 8 markers with another launch or a wrong MAC ignored',
    );
  });

  test('torn markers are no sign of a bootstrapper that never started', async () => {
    const world = new World();
    world.boot(['rolecall[init]: hello', ...goodRun().map((line) => line.replace(/ [0-9a-f]{16}/, ''))]);
    expect(reason(only(await world.watch()))).toBe(
      "no marker that counts after lines of step init; 8 markers came torn: the console loses text; the console's last line: " +
        goodRun()[7]?.replace(/ [0-9a-f]{16}/, ''),
    );
  });

  test('a failure that only the line for people tells of is in the reason', async () => {
    const world = new World();
    world.boot(['ERROR Bootstrapping failed at step init (status 3): boom']);
    expect(reason(only(await world.watch()))).toBe(
      'no marker that counts, but the console says that step init failed: boom',
    );
  });

  test('a type whose console comes minutes late: that a longer timeout may help', async () => {
    const world = new World();
    world.postedOnly.add('t2.micro');
    world.boot([], { instanceType: 't2.micro' });
    expect(reason(only(await world.watch()))).toBe(
      "console empty; EC2 posts this instance type's console minutes late: a longer timeout may show more",
    );
  });

  test('stuck in a step, for how long', async () => {
    const world = new World();
    world.boot(goodRun({}, 6));
    const verdict = only(await world.watch());
    // start init says BOOTED + 6, 11 s after the launch; the wait ends 61 s after it.
    expect(reason(verdict)).toBe('stuck in step init for 50 s');
    expect(verdict).toMatchObject({ steps: [{ name: 'metadata' }, { name: 'personality' }] });
  });

  test('stuck in a step that gave signs of life: the last line that it printed, and since when', async () => {
    const world = new World();
    const alive = (seq: number, epoch: number) => marker(seq, 'alive init', { epoch: BOOTED + epoch });
    world.boot([
      ...goodRun({}, 6),
      ...[alive(7, 16), 'rolecall[init]~ one'],
      ...[alive(8, 26), 'rolecall[init]~ two "2"', alive(8, 26), 'rolecall[init]~ two "2"'],
      ...[alive(9, 36), 'rolecall[init]~ two "2"'],
    ]);
    const events = await world.watch();
    expect(reason(only(events))).toBe('stuck in step init for 50 s: last line "two "2"", 30 s ago');
    expect(events.map(brief).filter((text) => text.startsWith('init after'))).toEqual([
      'init after 10000 ms: one',
      'init after 20000 ms: two "2"',
      'init after 30000 ms: two "2"',
    ]);
  });

  test('stuck in a step that has printed nothing', async () => {
    const world = new World();
    world.boot([...goodRun({}, 6), marker(7, 'alive init'), 'rolecall[init]~ ']);
    expect(reason(only(await world.watch()))).toBe('stuck in step init for 50 s: it has printed nothing');
  });

  test('stuck, and a script prints what looks like a sign of life: it is none', async () => {
    const world = new World();
    world.boot([...goodRun({}, 6), 'rolecall[init]~ fine', marker(7, 'alive init'), 'rolecall[other]~ fine']);
    const events = await world.watch();
    expect(reason(only(events))).toBe('stuck in step init for 50 s');
    expect(events.filter(({ type }) => type === 'alive')).toEqual([]);
  });

  test('between two steps, and before the first', async () => {
    const world = new World();
    world.boot(goodRun({}, 3));
    world.boot(goodRun({}, 1), { n: 2 });
    expect(verdicts(await world.watch()).map(reason)).toEqual([
      'no verdict: step metadata ended 53 s ago and nothing followed',
      'no step: the bootstrapper began 55 s ago and started none',
    ]);
  });

  test('its console could not be read at the end', async () => {
    const world = new World();
    world.boot(goodRun({}, 6));
    world.at(20, () => {
      world.refuse('latest', 'endpoint', 900);
      world.refuse('posted', 'endpoint', 900);
    });
    const events = await world.watch();
    expect(reason(only(events))).toMatch(
      /^stuck in step init .*could not be read at the end \(posted was refused\)$/,
    );
    expect(notices(events)).toContain('AWS is in trouble, trying again: latest was refused');
  });
});

test('a verdict that arrives with the last poll counts, also from the posted buffer', async () => {
  const world = new World();
  const box = world.boot([]);
  world.at(50, () => {
    box.posted = goodRun().join('\r\n');
  });
  expect(only(await world.watch())).toMatchObject({ outcome: 'succeeded' });
  expect(world.now).toBe(61);
});

test('a launch that goes on follows only the machines that it names: those before them were replaced', async () => {
  const world = new World();
  const now = world.boot(goodRun());
  const before = world.add({ instanceId: 'i-0000000000000dead' as InstanceId, state: 'terminated' });
  const sent = { machines: [now.machine], launched: 1, done: true, only: true };
  const events = await world.watch({ sent: () => sent });
  expect(only(events).outcome).toBe('succeeded');
  expect(JSON.stringify(events)).not.toContain(before.machine.instanceId);
});

describe('AWS out of reach', () => {
  test('for a while: it is waited out', async () => {
    const world = new World();
    world.boot(goodRun());
    for (const name of ['machinesOfLaunch', 'latest', 'tag']) world.refuse(name, 'endpoint', 20);
    expect(only(await world.watch()).outcome).toBe('succeeded');
  });

  test('for good: the watch ends with that error, and calls no machine silent', async () => {
    const world = new World();
    world.boot(goodRun());
    for (const name of ['machinesOfLaunch', 'latest']) world.refuse(name, 'endpoint', 6000);
    const heard: WatchEvent[] = [];
    await expect(world.watch({ unreachableMs: 30_000 }, (event) => heard.push(event))).rejects.toThrow(
      AwsError,
    );
    expect(verdicts(heard)).toEqual([]);
    expect(world.now).toBeLessThan(60);
  });
});

describe('lost', () => {
  test('a machine that ends before its verdict is lost at once, with the reason of EC2', async () => {
    const world = new World();
    const box = world.boot(goodRun({}, 6));
    const why = { code: 'Server.SpotInstanceTermination', message: 'no Spot capacity' };
    world.at(8, () => world.state(box, 'terminated', why));
    const events = await world.watch();
    expect(only(events)).toMatchObject({ outcome: 'lost', steps: { length: 2 } });
    expect(reason(only(events))).toBe('Server.SpotInstanceTermination: no Spot capacity');
    expect(events.at(-1)).toMatchObject({ type: 'verdict', machine: { state: 'terminated' } });
    expect(world.now).toBe(8);
  });

  test('a reason whose message begins with its code, as EC2 writes most of them, says it once', async () => {
    const world = new World();
    const box = world.boot(goodRun({}, 6));
    const why = {
      code: 'Client.UserInitiatedShutdown',
      message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    };
    world.at(8, () => world.state(box, 'terminated', why));
    expect(reason(only(await world.watch()))).toBe('Client.UserInitiatedShutdown: User initiated shutdown');
  });

  test('its last words count: both modes are read once more', async () => {
    const world = new World();
    const box = world.boot(failedRun().slice(0, 6));
    world.at(8, () => {
      world.state(box, 'stopped');
      box.posted = failedRun().join('\r\n');
    });
    expect(only(await world.watch())).toMatchObject({ outcome: 'failed', failure: { step: 'init' } });
  });

  test('a machine that is shutting down gets a moment, not the whole time', async () => {
    const world = new World();
    const box = world.boot(goodRun({}, 6));
    world.at(8, () => world.state(box, 'shutting-down'));
    expect(only(await world.watch()).outcome).toBe('lost');
    expect(world.now).toBe(13);
  });

  test('a machine that EC2 forgets is not gone until the time is up', async () => {
    const world = new World();
    const box = world.boot(goodRun({}, 6));
    world.at(6, () => {
      box.visible = false;
    });
    const verdict = only(await world.watch());
    expect(reason(verdict)).toBe('EC2 no longer describes it (its last state: running)');
    expect(world.now).toBe(61);
  });
});

test('a machine may appear late: an empty answer is not its end', async () => {
  const world = new World();
  const box = world.boot(goodRun());
  const sent = { machines: [box.machine], launched: 1, done: true };
  box.visible = false;
  world.at(9, () => {
    box.visible = true;
  });
  const events = await world.watch({ sent: () => sent });
  expect(events.map(brief).slice(0, 2)).toEqual(['pending', 'running']);
  expect(only(events).outcome).toBe('succeeded');
});

test('watching begins before the last request is sent', async () => {
  const world = new World();
  const box = world.boot(goodRun());
  let sent = { machines: [box.machine], launched: 1, done: false };
  world.at(20, () => {
    const late = world.add({ n: 2, state: 'running' }, { console: goodRun().join('\r\n') });
    sent = { machines: [box.machine, late.machine], launched: 2, done: true };
  });
  const events = await world.watch({ sent: () => sent });
  expect(verdicts(events).map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
});

test('machines that never appear are told, and none is waited for where none was launched', async () => {
  const world = new World();
  const options = { sent: () => ({ machines: [], launched: 3, done: true }) };
  expect(notices(await world.watch(options))).toEqual([`EC2 describes no machine of launch ${LAUNCH}`]);
  expect(world.now).toBe(30);
  world.boot(goodRun());
  expect(notices(await world.watch(options))).toEqual([
    `EC2 describes 1 of the 3 machines of launch ${LAUNCH}; no others appeared`,
  ]);
  const nothing = new World();
  expect(await nothing.watch({ sent: () => ({ machines: [], launched: 0, done: true }) })).toEqual([]);
  expect(nothing.now).toBe(0);
});

test('a type that has no latest console is read from the posted buffer, and asked for it once', async () => {
  const world = new World();
  world.postedOnly.add('t3.micro');
  const box = world.boot([]);
  world.at(30, () => {
    box.posted = text(goodRun());
  });
  expect(only(await world.watch())).toMatchObject({ outcome: 'succeeded' });
  expect(world.calls.filter(({ name }) => name === 'latest')).toHaveLength(1);
  const posted = world.calls.filter(({ name }) => name === 'posted').map(({ at }) => at);
  expect(posted).toEqual([1, 6, 11, 16, 21, 26, 31]);
});

const text = (lines: readonly string[]) => lines.map((line) => `${line}\r\n`).join('');

describe('AWS in trouble', () => {
  test('throttling is told once, and slows the asking down until it stops', async () => {
    const world = new World();
    world.boot(goodRun());
    world.at(3, () => world.refuse('latest', 'throttle', 20));
    const events = await world.watch();
    expect(only(events).outcome).toBe('succeeded');
    expect(notices(events)).toEqual(['AWS throttles our requests: asking less often until it stops']);
    const during = world.calls.filter(({ name, at }) => name === 'latest' && at >= 3 && at < 23);
    expect(during.map(({ at }) => at)).toEqual([3, 4, 6, 10, 18]);
  });

  test('trouble that passes is told and outlasted', async () => {
    const world = new World();
    world.boot(goodRun());
    world.at(3, () => {
      world.refuse('machinesOfLaunch', 'endpoint', 5);
      world.refuse('latest', 'server', 5);
      world.refuse('tag', 'permission', 60);
    });
    const events = await world.watch();
    expect(only(events).outcome).toBe('succeeded');
    expect(notices(events)).toEqual([
      'AWS is in trouble, trying again: machinesOfLaunch was refused',
      'AWS is in trouble, trying again: latest was refused',
      'The tag rolecall:verdict could not be set: tag was refused',
    ]);
  });

  test.each(['permission', 'credentials', 'invalid'] as const)(
    '%s ends the watch with the error',
    async (kind) => {
      const world = new World();
      world.boot(goodRun());
      world.at(3, () => world.refuse('machinesOfLaunch', kind, 900));
      await expect(world.watch()).rejects.toThrow(new AwsError('machinesOfLaunch was refused'));
      expect(world.now).toBe(3);
    },
  );

  test('an error that ends the watch does not swallow a verdict that came with it', async () => {
    const world = new World();
    world.boot(goodRun());
    const denied = world.boot([], { n: 2 });
    const { consoleOutput } = world.ec2;
    const events: WatchEvent[] = [];
    const ec2 = {
      ...world.ec2,
      consoleOutput: (...asked: Parameters<typeof consoleOutput>) => {
        if (asked[0] !== denied.machine.instanceId || world.now < 7) return consoleOutput(...asked);
        return Promise.reject(new AwsError('not for you', { kind: 'permission' }));
      },
    };
    await expect(world.watch({ ec2 }, (event) => events.push(event))).rejects.toThrow('not for you');
    expect(only(events).outcome).toBe('succeeded');
  });

  test('a caller who may not read the status checks still gets the verdict', async () => {
    const world = new World();
    world.boot([]);
    world.refuse('statusChecks', 'permission', 900);
    const events = await world.watch();
    expect(reason(only(events))).toBe('console empty');
    expect(notices(events)).toEqual(["EC2's status checks could not be read: statusChecks was refused"]);
  });

  test('an endpoint that never answers is an error where nothing is known of the launch', async () => {
    const world = new World();
    world.refuse('machinesOfLaunch', 'endpoint', 900);
    await expect(world.watch({ sent: () => ({ machines: [], done: true }) })).rejects.toThrow(AwsError);
    expect(world.now).toBeLessThan(40);
  });
});

test('a reboot with a second run: the current run decides', async () => {
  const world = new World();
  const first = goodRun({ run: '00000001', epoch: BOOTED }, 6);
  const second = goodRun({ run: '00000002', epoch: BOOTED + 30 });
  const box = world.boot(first);
  world.at(20, () => {
    box.console = '[    0.0] Linux, once more\r\n';
  });
  second.forEach((line, i) => {
    world.at(22 + i, () => print(box, line));
  });
  const events = await world.watch();
  expect(only(events)).toMatchObject({ outcome: 'succeeded', bootMs: (BOOTED + 37) * 1000 - LAUNCHED_AT });
  expect(events.map(brief)).toContain('gap restarted');
});

test('a console that runs over between two looks is told as a gap; the verdict still counts', async () => {
  const world = new World();
  const box = world.boot([]);
  const chatter = (word: string) =>
    Array.from({ length: 4000 }, (_, i) => `${word} ${i} ${i * 31}\r\n`).join('');
  world.at(5, () => {
    box.console += chatter('early');
  });
  world.at(9, () => {
    box.console += chatter('later') + chatter('late') + text(goodRun());
  });
  const events = await world.watch();
  expect(events.map(brief)).toContain('gap gap');
  expect(only(events).outcome).toBe('succeeded');
});

describe('a watch that is resumed', () => {
  const personality = (nonce: string, launch: string) =>
    `environment=prod\nrole=memcached\ncontext=b\nrolecall_launch=${launch}\nrolecall_nonce=${nonce}\n`;
  const resumed = async (userData: string | undefined, changes = {}) => {
    const world = new World();
    const console = text(goodRun());
    for (const n of [1, 2, 3]) {
      world.add(
        { n, state: 'running', tags: { 'rolecall:batch': '1' }, ...changes },
        { console, ...(userData && { userData }) },
      );
    }
    const { nonce: _, ...all } = { ec2: world.ec2, clock: world.clock, launch: LAUNCH, nonce: NONCE };
    const { watchLaunch } = await import('../../src/watch/watch.ts');
    const events: WatchEvent[] = [];
    const sent = { machines: [], done: true };
    for await (const event of watchLaunch({ ...all, sent: () => sent, timeoutMs: 60_000 }))
      events.push(event);
    return { world, found: verdicts(events) };
  };

  test('recovers the nonce from the user data', async () => {
    const { world, found } = await resumed(personality(NONCE, LAUNCH));
    expect(found.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(world.calls.filter(({ name }) => name === 'userData').length).toBeLessThanOrEqual(3);
    expect(world.now).toBe(1);
  });

  test('recovers the nonce from a script that quotes it', async () => {
    const script = `#!/bin/bash\nset -e\nrolecall_launch='${LAUNCH}'\nrolecall_nonce="${NONCE}"\n`;
    expect((await resumed(script)).found.map(({ outcome }) => outcome)).toEqual(Array(3).fill('succeeded'));
  });

  test.each([
    ['of another launch', personality(NONCE, 'web-2')],
    ['without a nonce', 'environment=prod\n'],
    ['that is missing', undefined],
  ])('believes no marker with user data %s', async (_, userData) => {
    const { found } = await resumed(userData);
    expect(found.map(({ outcome }) => outcome)).toEqual(['silent', 'silent', 'silent']);
    expect(found.map(reason)[0]).toContain('holds no nonce of this launch');
  });

  test('gives up at once where the time is long up, after one look', async () => {
    const { world, found } = await resumed(personality(OTHER_NONCE, LAUNCH), {
      launchedAt: LAUNCHED_AT - 7_200_000,
    });
    expect(found.map(({ outcome }) => outcome)).toEqual(['silent', 'silent', 'silent']);
    expect(world.now).toBeLessThan(2);
  });
});

test('patterns decide without markers; a last line without an end counts once it rests', async () => {
  const world = new World();
  const box = world.boot(['starting']);
  world.at(10, () => {
    box.console += 'box login: ';
  });
  const patterns = { success: 'login: $', failure: '^panic' };
  const events = await world.watch({ patterns });
  expect(only(events)).toMatchObject({ outcome: 'succeeded', bootMs: 15_000 });
  await expect(world.watch({ patterns: { success: '(' } })).rejects.toThrow(UsageError);
});

test('a script that fails after its words of success: the pattern waits a moment for that', async () => {
  const world = new World();
  const box = world.boot(['[    1.1] cloud-init[79]: Done']);
  world.at(4, () => {
    box.console +=
      '[    1.2] cloud-init[79]: subp.py[WARNING]: Failed running /var/lib/cloud/x/part-001 [1]\r\n';
  });
  const events = await world.watch({ patterns: { success: '^Done$' } });
  expect(only(events)).toMatchObject({ outcome: 'failed', failure: { step: 'cloud-init', status: 1 } });
});

test('an abort ends the watch where it stands, without an error', async () => {
  const world = new World();
  const controller = new AbortController();
  world.boot(goodRun({}, 6));
  world.at(7.25, () => controller.abort());
  const events = await world.watch({ signal: controller.signal });
  expect(events.map(brief).at(-1)).toBe('start init');
  expect(world.now).toBe(7.25);
  expect(await world.watch({ signal: controller.signal })).toEqual([]);
});

test('an abort does not wait for a request that hangs', async () => {
  const world = new World();
  const controller = new AbortController();
  world.boot([]);
  const ec2 = { ...world.ec2, consoleOutput: () => new Promise<never>(() => controller.abort()) };
  const events = await world.watch({ ec2, signal: controller.signal });
  expect(events.map(brief)).toEqual(['pending']);
});

test('a console without a marker: an unproved failure counts when the time is up', async () => {
  const world = new World();
  world.boot(['<<rc2 - a1b2c3d4 3 1763762350 verdict failed metadata 22 9000 ->>']);
  expect(only(await world.watch())).toMatchObject({
    outcome: 'failed',
    failure: { step: 'metadata', status: 22 },
  });
  expect(world.now).toBe(61);
});

test('two machines of a launch are judged each by its own console', async () => {
  const world = new World();
  world.boot(goodRun(), { n: 1 });
  world.boot(failedRun(), { n: 2 });
  world.boot([marker(1, 'begin personality 1.2.3')], { n: 3 });
  const events = await world.watch();
  expect(verdicts(events).map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed', 'silent']);
});

describe.each([
  ['back', -3_600_000],
  ['ahead', 3_600_000],
])('a wall clock that is set an hour %s', (_way, stepMs) => {
  const stepped = () => {
    const world = new World();
    world.at(5, () => {
      world.wallStepMs = stepMs;
    });
    return world;
  };

  test('changes no timeout', async () => {
    const world = stepped();
    world.boot([]);
    expect(only(await world.watch()).outcome).toBe('silent');
    expect(world.now).toBeGreaterThanOrEqual(61);
    expect(world.now).toBeLessThan(75);
  });

  test('changes no grace', async () => {
    const world = stepped();
    world.boot(failedRun().slice(0, 11));
    expect(only(await world.watch()).outcome).toBe('failed');
    expect(world.now).toBeLessThan(15);
  });

  test('changes no patience with AWS', async () => {
    const world = stepped();
    world.boot([]);
    world.refuse('machinesOfLaunch', 'endpoint', 1_000);
    world.refuse('latest', 'endpoint', 1_000);
    await expect(world.watch({ timeoutMs: 600_000, unreachableMs: 30_000 })).rejects.toThrow(AwsError);
    expect(world.now).toBeGreaterThanOrEqual(30);
    expect(world.now).toBeLessThan(40);
  });
});

describe('one machine whose requests get no answer', () => {
  const booting = (world: World) => [1, 2, 3].map((n) => world.boot(goodRun(), { n }));
  const idsOf = (boxes: readonly { machine: { instanceId: InstanceId } }[]) =>
    boxes.map(({ machine: { instanceId } }) => instanceId);
  const toldAt = async (world: World, watched: (heard: (event: WatchEvent) => void) => Promise<unknown>) => {
    const at = new Map<string, number>();
    await watched((event) => {
      if (event.type === 'verdict') at.set(event.machine.instanceId, world.now);
    });
    return at;
  };

  test.each(['latest', 'posted'])('delays no other machine: %s', async (mode) => {
    const world = new World();
    if (mode === 'posted') world.postedOnly.add('t3.micro');
    const boxes = booting(world);
    for (const box of boxes) world.at(7, () => Object.assign(box, { posted: box.console }));
    const [slow, ...others] = idsOf(boxes);
    world.stalled.add(`${mode} ${slow}`);
    const at = await toldAt(world, (heard) => world.watch({ timeoutMs: 60_000 }, heard));
    for (const id of others) expect(at.get(id)).toBeLessThan(16);
    expect(at.get(slow ?? '')).toBeLessThan(130);
  });

  test('delays no other machine, where its user data is what is asked for', async () => {
    const world = new World();
    const boxes = booting(world);
    for (const box of boxes)
      Object.assign(box, { userData: `rolecall_launch=${LAUNCH}\nrolecall_nonce=${NONCE}\n` });
    const [slow, ...others] = idsOf(boxes);
    world.stalled.add(`userData ${slow}`);
    const at = await toldAt(world, (heard) => world.resume(heard));
    for (const id of others) expect(at.get(id)).toBeLessThan(10);
  });
});

test.each([
  ['a kernel that panics', '[   12.345678] Kernel panic - not syncing: Fatal exception', 'kernel'],
  ['cloud-init', 'Failed running /var/lib/cloud/instance/scripts/part-001 [1]', 'cloud-init'],
  ['the run itself', marker(9, 'end init 1 5'), 'init'],
])('%s contradicts an ok a moment later', async (_, line, step) => {
  const world = new World();
  // One line every half second: the ok is read before the next.
  world.boot([...goodRun(), line]);
  const found = only(await world.watch());
  expect(found).toMatchObject({ outcome: 'failed', failure: { step } });
});

test('an ok that nothing contradicts is told after two more looks, and at once where the machine ends', async () => {
  const world = new World();
  world.boot(goodRun());
  expect(only(await world.watch()).outcome).toBe('succeeded');
  expect(world.now).toBeLessThan(2 + 4 + 1.6);
  const ending = new World();
  const box = ending.boot(goodRun());
  ending.at(5.6, () => ending.state(box, 'terminated'));
  expect(only(await ending.watch()).outcome).toBe('succeeded');
});

describe('a start-up script that a reboot cuts off', () => {
  const KERNEL = '[    0.000000] Linux version 6.1.115 (admin@build)';
  const begun = [
    marker(1, 'begin start-up-bundle 1.2.3'),
    marker(2, 'start metadata'),
    marker(3, 'end metadata 0 9'),
    marker(4, 'start module.memcached'),
  ];

  test.each([
    ['in its first boot', [...begun, KERNEL], /^rebooted during module\.memcached: cloud-init runs/],
    [
      'and that tells so',
      [...begun, marker(5, 'interrupted module.memcached'), KERNEL],
      /^rebooted during module\.memc/,
    ],
    ['whose beginning the ring has lost', [...begun.slice(3), KERNEL], /^rebooted during module\.memcached/],
  ])('%s ends early as silent, and says why', async (_, lines, reason) => {
    const world = new World();
    world.boot(lines);
    const found = only(await world.watch({ timeoutMs: 600_000 }));
    expect(found).toMatchObject({ outcome: 'silent', reason: expect.stringMatching(reason) });
    expect(world.now).toBeLessThan(15);
  });

  test('a kernel line that is an echo ends nothing: the run goes on behind it', async () => {
    const world = new World();
    world.boot([
      ...begun,
      KERNEL,
      marker(5, 'end module.memcached 0 9'),
      marker(6, 'verdict ok module.memcached 0 99'),
    ]);
    const found = only(await world.watch());
    expect(found.outcome).toBe('succeeded');
    expect('notes' in found).toBe(false);
  });

  test('a run that goes on behind such an echo has all the time that it needs', async () => {
    const world = new World();
    const box = world.boot([...begun, KERNEL]);
    world.at(6, () => print(box, marker(5, 'end module.memcached 0 9')));
    world.at(30, () => print(box, marker(6, 'verdict ok module.memcached 0 99')));
    expect(only(await world.watch()).outcome).toBe('succeeded');
  });

  test('the bootstrapper runs again at every boot: its next run is awaited', async () => {
    const world = new World();
    const box = world.boot([...goodRun({}, 6), KERNEL]);
    world.at(40, () => {
      for (const line of goodRun({ run: 'ffff0000' })) print(box, line);
    });
    const found = only(await world.watch({ timeoutMs: 600_000 }));
    expect(found).toMatchObject({ outcome: 'succeeded', notes: ['rebooted during init'] });
  });

  test('a bootstrapper that never comes back is silent at the end of the wait, not stuck', async () => {
    const world = new World();
    world.boot([...goodRun({}, 6), KERNEL]);
    const found = only(await world.watch());
    expect(found).toMatchObject({
      outcome: 'silent',
      reason: expect.stringMatching(/^rebooted during init \d+ s ago/),
    });
    expect(world.now).toBeGreaterThan(55);
  });
});

test("an AMI with another version's bootstrapper is silent, and the reason names the version", async () => {
  const world = new World();
  world.boot(goodRun().map((line) => line.replace('<<rc2', '<<rc1')));
  expect(only(await world.watch())).toMatchObject({
    outcome: 'silent',
    reason: expect.stringMatching(/^no marker that counts.*markers of another version \(rc1\)/),
  });
});

test("a sibling's markers that syslog brings to the console never count", async () => {
  const world = new World();
  world.boot(goodRun({ id: 'i-00000000000000009' }));
  expect(only(await world.watch())).toMatchObject({ outcome: 'silent' });
});
