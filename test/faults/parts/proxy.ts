import { cloudUp, type FaultCloud, SECOND_HANGS } from '../cloud.ts';
import type { Findings, Settings } from '../part.ts';
import { makePlace, type Place } from '../place.ts';
import { inPool } from '../pool.ts';
import { type Case, planned, type Reference, type Trouble, titleOf } from '../proxy/cases.ts';
import { FAULTS } from '../proxy/fault.ts';
import { makeBuilds } from '../scenarios/builds.ts';
import { launch, launchHanging } from '../scenarios/launch.ts';
import { status, watch } from '../scenarios/read.ts';
import { releases } from '../scenarios/release.ts';
import { replace } from '../scenarios/replace.ts';
import { scaleIn, scaleOut } from '../scenarios/scale.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { terminate } from '../scenarios/terminate.ts';

/** Stalled commands wait, and need no core. */
const WAITING = 3;

/** Every fault of the proxy before every operation, over every verb that uses it. */
export async function proxyCampaign(settings: Settings): Promise<Findings> {
  const started = performance.now();
  const builds = await makeBuilds();
  const [good, hanging] = [await cloudUp(), await cloudUp({ boxes: SECOND_HANGS })];
  const cloudOf = (scenario: Scenario) => (scenario.hanging ? hanging : good);
  try {
    const scenarios = [
      ...[launch, launchHanging, scaleOut, scaleIn, replace, terminate, watch, status],
      ...releases(builds),
    ];
    const references = await inPool(scenarios, settings.jobs, async (scenario) => ({
      scenario,
      used: await operationsOf(scenario, cloudOf(scenario)),
    }));
    const cases = planned(references, settings);
    const isWaiting = ({ trouble }: Case) => 'fault' in trouble && trouble.fault.name.startsWith('stalled');
    const run = (each: Case) => tried(each, cloudOf(each.scenario));
    const results = await Promise.all([
      inPool(cases.filter(isWaiting), settings.jobs * WAITING, run),
      inPool(
        cases.filter((each) => !isWaiting(each)),
        settings.jobs,
        run,
      ),
    ]);
    return findings(results.flat(), references, (performance.now() - started) / 1000);
  } finally {
    await good.down();
    await hanging.down();
    builds.dispose();
  }
}

function findings(results: readonly Tried[], references: readonly Reference[], seconds: number): Findings {
  const struck = results.filter(({ struck: count }) => count > 0);
  const right = struck.filter(({ violations }) => violations.length === 0);
  const whole = right.filter(({ isWhole }) => isWhole).length;
  const operations = new Set(references.flatMap(({ used }) => [...used.keys()]));
  return {
    part: 'proxy',
    tried: struck.length,
    figures: [
      `${FAULTS.length + 1} faults, ${operations.size} operations, ${references.length} commands`,
      `${whole} times the command did all of it at once`,
      `${right.length - whole} times it told what was left, and did it when run again`,
    ],
    violations: results.flatMap(({ violations }) => violations),
    seconds,
  };
}

/** How often a scenario uses each operation when nothing goes wrong. */
async function operationsOf(scenario: Scenario, cloud: FaultCloud): Promise<ReadonlyMap<string, number>> {
  const place = await makePlace(`reference-${scenario.name.replaceAll(/\W+/g, '-')}`, cloud);
  try {
    await scenario.prepare(place);
    place.proxy.arm();
    const ended = await place.run(scenario.argv(place));
    const wrong = await scenario.judge(place, ended);
    if (ended.code !== (scenario.hanging ? 5 : 0) || wrong.length > 0)
      throw new Error(`${scenario.name} without a fault: exit ${ended.code}, ${wrong}\n${ended.stderr}`);
    return place.proxy.counts;
  } finally {
    await place.dispose();
  }
}

interface Tried {
  /** Requests that met the fault. */
  readonly struck: number;
  /** The command ended as it does without a fault. */
  readonly isWhole: boolean;
  readonly violations: readonly string[];
}

async function tried({ scenario, name, trouble }: Case, cloud: FaultCloud): Promise<Tried> {
  const place = await makePlace(name, cloud);
  try {
    await scenario.prepare(place);
    armed(place, trouble);
    const ended = await place.run(scenario.argv(place));
    const { struck } = place.proxy;
    place.proxy.arm();
    const wrong = await scenario.judge(place, ended);
    const again = await place.run(scenario.argv(place));
    const wrongAgain = await scenario.judgeEnd(place, again);
    const all = [...wrong, ...wrongAgain];
    const said = [ended, again]
      .map(({ code, stderr }) => `    exit ${code}: ${lastLines(stderr)}`)
      .join('\n');
    return {
      struck: 'operation' in trouble ? struck : 1,
      isWhole: ended.code === (scenario.hanging ? 5 : 0),
      violations: all.length === 0 ? [] : [`${titleOf(scenario, trouble)}: ${all.join('; ')}\n${said}`],
    };
  } finally {
    await place.dispose();
  }
}

function armed({ proxy }: Place, trouble: Trouble): void {
  proxy.arm('operation' in trouble ? trouble : undefined);
  if ('skewMs' in trouble) proxy.skewMs = trouble.skewMs;
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-4).join(' | ').slice(-700);
