/**
 * Ten roles, whose same payloads boot in sandboxes, in limited boxes and in virtual machines: the steps, the verdicts and
 * the reasons are the same. What only a VM proves is asked while it is up.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LaneCloud, laneCloud, type Outcome } from './support/cloud.ts';
import { DEPLOY_TOOLS, RESTART, settled, without } from './support/tools.ts';

interface Expected {
  readonly code: number;
  readonly failure?: object;
}

const succeeds = { code: 0 };
const failsWith = (failure: object): Expected => ({ code: 3, failure });

const ROLES: readonly (readonly [role: string, context: string, expected: Expected])[] = [
  ['web', 'b', succeeds],
  ['noisy', 'b', succeeds],
  ['daemon', 'b', succeeds],
  [
    'fails',
    'b',
    failsWith({
      step: 'init',
      status: 1,
      error: "cp: cannot stat '/nonexistent/shop.conf': No such file or directory",
    }),
  ],
  [
    'typo',
    'b',
    failsWith({ step: 'init', status: 127, error: expect.stringContaining('memcachd: command not found') }),
  ],
  ['nothing', 'c', failsWith({ step: 'init', status: 1, error: expect.stringContaining('no init script') })],
  ['hangs', 'b', failsWith({ step: 'init', status: 124, command: 'sleep 86400' })],
  ['bundle', 'b', succeeds],
  [
    'bundle-breaks',
    'b',
    failsWith({ step: 'module.breaks', status: 1, error: expect.stringContaining('/proc/nowhere') }),
  ],
  ['bundle-killed', 'b', failsWith({ step: 'module.killed', status: 137, signal: 'SIGKILL' })],
];

/**
 * What must not depend on where a payload boots: all but times and ids. A failure without a script has no output of its own:
 * its excerpt is the console's last lines, whatever system printed them.
 */
const outline = ({ code, machine: { verdict, steps, failure, notes } }: Outcome) => ({
  code,
  verdict,
  steps: steps.map(({ name, status }) => ({ name, status })),
  failure: JSON.parse(
    JSON.stringify(failure ?? null, (key, value) =>
      key === 'excerpt' && /^no init script/.test(String(failure?.['error'] ?? '')) ? undefined : value,
    ).replace(/\b\d+ s\b|\bi-[0-9a-f]{17}\b/g, 'N'),
  ),
  notes,
});

let vm: LaneCloud;
let sandboxes: readonly LaneCloud[];
beforeAll(async () => {
  sandboxes = [await laneCloud('complete'), await laneCloud('limited')];
  vm = await laneCloud('vm');
});
afterAll(async () => {
  for (const cloud of [...sandboxes, vm]) await cloud.down();
});

/** What is asked of a VM behind its verdict. */
const MORE: Readonly<Record<string, (outcome: Outcome) => Promise<void>>> = {
  web: async ({ machine, launch }) => {
    const names = machine.steps.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['deploy.pointer', 'deploy.fetch', 'deploy.unpack', 'init']),
    );
    // The unit began when cloud-init's last stage was over, and systemd found no circle.
    const inside = await vm.exec(
      machine.instance_id,
      `${settled('rolecall-bootstrapper')}; cat /run/lane-runcmd-at-begin >/dev/null && echo after; journalctl -b | grep -c "ordering cycle"`,
    );
    expect(inside.stdout).toBe('active\nafter\n0\n');
    await vm.stored(`beacons/${launch}/v/${machine.instance_id}/ok.`);
    for (const tool of DEPLOY_TOOLS) {
      await vm.exec(machine.instance_id, without([tool], RESTART));
      const again = await vm.watch(launch);
      expect({ tool, code: again.code, failure: again.machine.failure }).toMatchObject({
        code: 3,
        failure: {
          step: 'deploy.pointer',
          status: 1,
          error: `missing on this AMI, and needed to deploy a build: ${tool}`,
        },
      });
    }
  },
  daemon: async ({ machine }) => {
    const inside = await vm.exec(machine.instance_id, 'pgrep -fc "echo still here"');
    expect(inside.stdout).toBe('1\n');
  },
  fails: async ({ machine, launch }) => {
    // The console tells the verdict before they have arrived.
    await vm.stored(`beacons/${launch}/v/${machine.instance_id}/failed.init.1.`);
    await vm.stored(`logs/${launch}/${machine.instance_id}/`);
    const logs = await vm.rolecall('logs', machine.instance_id);
    expect(logs).toMatchObject({ code: 0, stdout: expect.stringContaining("cp: cannot stat '/nonexistent") });
  },
};

test.each(ROLES)('%s', async (role, context, expected) => {
  const inBoxes = Promise.all(sandboxes.map((cloud) => cloud.launch(role, context)));
  const outcome = await vm.launch(role, context);
  try {
    expect({ code: outcome.code, ...outcome.machine }).toMatchObject({
      ...expected,
      verdict: expected.code === 0 ? 'succeeded' : 'failed',
    });
    const [complete, limited] = await inBoxes;
    expect(complete && outline(complete)).toEqual(outline(outcome));
    expect(limited && outline(limited)).toEqual(outline(outcome));
    await MORE[role]?.(outcome);
  } finally {
    await vm.terminate(outcome.launch);
  }
});
