import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { counts, fleetCloud, proved } from '../support/fleets.ts';

const cloud = fleetCloud();
afterAll(cloud.dispose);

/** Boots last two simulated seconds, so that each is over the smallest budget. */
const budgeted = (budget: string) =>
  cloud.write((text) => text.replace('timeout: 2m', `timeout: 2m, boot_budget: ${budget}`));
const status = async () => (await cloud.json('status', [])).document.fleets[0].counts;

describe('a fleet whose catalogue has a boot budget', () => {
  beforeAll(() => cloud.up());

  test('--strict-budget without one is refused, and nothing is launched', async () => {
    const { code, stderr } = await cloud.text('scale', ['--to', '2', '--strict-budget']);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--strict-budget: the catalogue sets no boot_budget for web prod/b'),
    });
    expect(await cloud.living()).toEqual([]);
  });

  test('over it, machines count, with a warning; setting one makes no machine stale', async () => {
    expect(await cloud.scale(2)).toMatchObject({ code: 0 });
    budgeted('1s');
    expect(await status()).toMatchObject({ proved: 2, stale: 0 });
    const { code, document } = await cloud.scale(4);
    expect({ code, summary: document.summary }).toMatchObject({
      code: 0,
      summary: { succeeded: 2, failed: 0, over_budget: 2 },
    });
    expect(document.machines[0].notes).toEqual([
      expect.stringMatching(/^over the boot_budget of 1 s by [\d.]+ s$/),
    ]);
    expect(await cloud.verdicts()).toEqual(proved(4));
  });

  test('with --strict-budget the canary fails, and no other machine comes', async () => {
    const { code, document } = await cloud.scale(8, ['--strict-budget']);
    expect({ code, fleet: document.fleet }).toMatchObject({
      code: 3,
      fleet: { proved: 4, stopped: { failures: 1 } },
    });
    expect(document.machines).toMatchObject([
      {
        verdict: 'failed',
        over_budget: true,
        failure: {
          step: 'boot_budget',
          reason: expect.stringMatching(/^booted in [\d.]+ s; boot_budget is 1 s$/),
        },
      },
    ]);
    expect(counts(await cloud.verdicts())).toEqual({ succeeded: 4, failed: 1 });
    // Whoever watches that launch later judges as it was judged.
    const watch = [
      'watch',
      document.launch.id,
      '--catalogue',
      cloud.catalogue,
      '--local',
      '--output',
      'json',
    ];
    const again = await cloud.box.run(watch);
    expect({ code: again.code, stderr: again.stderr }).toMatchObject({ code: 3 });
    expect(JSON.parse(again.stdout)).toMatchObject({
      launch: { boot_budget_ms: 1000 },
      summary: { failed: 1 },
    });
    expect(counts(await cloud.verdicts())).toEqual({ succeeded: 4, failed: 1 });
  });

  test('replace with a generous one: strict and all well', async () => {
    budgeted('10m');
    const { code, document } = await cloud.json('replace', ['--all', '--yes', '--strict-budget']);
    expect({ code, summary: document.summary }).toMatchObject({
      code: 0,
      summary: { failed: 0, over_budget: 0 },
    });
    // The size that the last scale was asked for.
    expect(await cloud.verdicts()).toEqual(proved(8));
  });
});
