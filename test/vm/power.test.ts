/** Machines that reboot or lose their power in the middle: scheme A goes on at the next boot, scheme B never does. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CUT } from './support/catalogue.ts';
import { type LaneCloud, laneCloud, type Outcome } from './support/cloud.ts';

let cloud: LaneCloud;
beforeAll(async () => {
  cloud = await laneCloud('vm', `power: [{kind: cut, when_console: '${CUT}', off_ms: 2000}]\n`);
});
afterAll(() => cloud.down());

const outline = ({ code, machine: { verdict, notes } }: Outcome) => ({ code, verdict, notes });

test('scheme A: an init script reboots, loses its power at the next boot, and succeeds at the third', async () => {
  const outcome = await cloud.launch('reboots');
  expect(outline(outcome)).toEqual({ code: 0, verdict: 'succeeded', notes: ['rebooted during init'] });
  const console = await cloud.console(outcome.machine.instance_id);
  for (const boot of [2, 3]) expect(console).toContain(`boot ${boot} of this machine`);
  await cloud.terminate(outcome.launch);
});

test('scheme B: cloud-init runs the script once, so the machine is silent when the kernel starts anew', async () => {
  const { code, machine } = await cloud.launch('bundle-restarts');
  expect({ code, ...machine }).toMatchObject({
    code: 5,
    verdict: 'silent',
    failure: { reason: expect.stringContaining('rebooted during module.restarts') },
  });
});
