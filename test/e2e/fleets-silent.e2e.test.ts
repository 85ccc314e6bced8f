import type { Instance } from '@aws-sdk/client-ec2';
import { afterAll, describe, expect, test } from '@jest/globals';
import { idOf } from '../support/ec2-calls.ts';
import { type Ec2Proxy, idsAsked } from '../support/ec2-proxy.ts';
import { counts, fleetCloud, proved, QUICK, tagOf } from '../support/fleets.ts';

const cloud = fleetCloud();
afterAll(cloud.dispose);
const short = (text: string) => text.replace('timeout: 2m', 'timeout: 10s');

const SILENT = `boxes: { ${QUICK}, outcomes: [{ kind: hangs, share: 1 }] }`;
const runs = ({ State }: Instance) => State?.Name === 'running' || State?.Name === 'pending';
const succeeded = (machine: Instance) => tagOf(machine, 'rolecall:verdict') === 'succeeded';

/** Machines that nobody proved, from a launch of its own: no target is recorded. */
async function silentFleet(count: number) {
  cloud.write(short);
  await cloud.up(SILENT);
  const launched = await cloud.json('launch', ['--count', String(count)]);
  expect({ code: launched.code, verdicts: counts(await cloud.verdicts()) }).toEqual({
    code: 5,
    verdicts: { silent: count },
  });
  return (await cloud.living()).map(idOf).sort();
}

describe('a fleet whose machines are all silent (simulated boxes)', () => {
  test('--dry-run tells of new machines, and ends none', async () => {
    const before = await silentFleet(3);
    const dry = await cloud.text('replace', ['--dry-run']);
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toMatch(/^web prod\/b: 3 machines would be replaced, 0 would stay\n/);
    expect(dry.stdout).toContain('3 machines would be launched; an old one goes only after');
    const { document } = await cloud.json('replace', ['--dry-run']);
    expect(document).toMatchObject({ target: 3, launch: 3, end: [], leave: [] });
    expect((await cloud.living()).map(idOf).sort()).toEqual(before);
  });

  test('new ones that stay silent too: none of the old ones goes, exit 5', async () => {
    const before = (await cloud.living()).map(idOf);
    const { code, document } = await cloud.json('replace', ['--yes']);
    expect({ code, fleet: document.fleet }).toMatchObject({
      code: 5,
      fleet: { target: 3, proved: 0, ended: [] },
    });
    expect((await cloud.living()).map(idOf)).toEqual(expect.arrayContaining(before));
  });
});

/** Notes requests that end more old machines than new ones have come, or that end new ones. */
function watchRequests(proxy: Ec2Proxy, first: ReadonlySet<string>, wrong: string[]): void {
  const ended = new Set<string>();
  /** New machines whose verdict tag went by; each is good for one old one. */
  const arrived = new Set<string>();
  const noteEnd = (ids: readonly string[]) => {
    for (const id of ids) ended.add(id);
    if (ids.some((id) => !first.has(id))) wrong.push(`ends new ones: ${ids}`);
    if (ended.size > arrived.size) wrong.push(`${ended.size} ended for ${arrived.size} new ones`);
  };
  proxy.fault = (asked) => {
    const ids = idsAsked(asked);
    const isProof = asked.get('Action') === 'CreateTags' && asked.get('Tag.1.Value') === 'succeeded';
    if (isProof) for (const id of ids) arrived.add(id);
    if (asked.get('Action') === 'TerminateInstances') noteEnd(ids);
    return 'pass';
  };
}

test('any fleet is replaced one for one, as another client sees it', async () => {
  cloud.write(short);
  await cloud.up(
    `seed: 7\nboxes: { ${QUICK}, outcomes: [{ kind: hangs, share: 0.3 }, { kind: failed, step: init, share: 0.3 }] }\n`,
  );
  await cloud.json('launch', ['--count', '7']);
  const before = await cloud.living();
  const first = new Set(before.map(idOf));
  const provedBefore = before.filter(succeeded).length;

  const door = await cloud.through();
  await using proxy = door.proxy;
  const wrong: string[] = [];
  watchRequests(proxy, first, wrong);
  const running = door.start('replace', ['--all', '--yes', '--wave', '2', '--max-failures', '50']);
  let over = false;
  void running.done.then(() => {
    over = true;
  });
  while (!over) {
    const now = (await cloud.living()).filter(runs);
    const serving = now.filter((machine) => first.has(idOf(machine)) || succeeded(machine)).length;
    if (serving < first.size) wrong.push(`${serving} machines serve`);
    if (now.filter(succeeded).length < provedBefore) wrong.push('fewer are proved than before');
  }
  const { document, code, stderr } = await cloud.finished(running);
  expect({ wrong, code, stderr }).toMatchObject({ wrong: [], code: 3 });
  expect(document.fleet).toMatchObject({ target: 7, proved: 7 });
  expect((await cloud.living()).filter((machine) => first.has(idOf(machine)))).toEqual([]);
  expect((await cloud.living()).filter(succeeded)).toHaveLength(7);
});

describe('a recorded target', () => {
  test('is what scale was told; machines beyond it go only with --allow-shrink', async () => {
    cloud.write();
    await cloud.up();
    expect(await cloud.scale(2)).toMatchObject({ code: 0 });
    expect(await cloud.json('launch', ['--count', '2'])).toMatchObject({ code: 0 });
    expect(await cloud.json('replace', ['--all', '--yes'])).toMatchObject({
      code: 0,
      document: { fleet: { target: 4, proved: 4 } },
    });
    expect(await cloud.verdicts()).toEqual(proved(4));
    const dry = await cloud.text('replace', ['--all', '--allow-shrink', '--dry-run']);
    expect(dry.stdout).toContain("2 machines beyond the fleet's size would be ended without a new one");
    const shrunk = await cloud.json('replace', ['--all', '--allow-shrink', '--yes']);
    expect(shrunk).toMatchObject({ code: 0, document: { fleet: { target: 2, proved: 2 } } });
    const reasons = shrunk.document.fleet.ended.map(({ reason }: { reason: string }) => reason);
    expect(counts(reasons)).toEqual({ replaced: 2, surplus: 2 });
    expect(await cloud.verdicts()).toEqual(proved(2));
  });

  test('brings machines back that were lost, and is told by status', async () => {
    expect(await cloud.scale(3)).toMatchObject({ code: 0 });
    const { document } = await cloud.json('status', []);
    expect(document.fleets[0]).toMatchObject({ target: 3, counts: { proved: 3 } });
  });
});
