import { cloudUp, type FaultCloud } from '../cloud.ts';
import type { Findings, Settings } from '../part.ts';
import { makePlace, type Place } from '../place.ts';
import { inPool } from '../pool.ts';
import { type Case, planned, type Trouble, titleOf } from '../proxy/cases.ts';
import { makeBuilds } from '../scenarios/builds.ts';
import { launch } from '../scenarios/launch.ts';
import { status, watch } from '../scenarios/read.ts';
import { releases } from '../scenarios/release.ts';
import { replace } from '../scenarios/replace.ts';
import { scaleIn, scaleOut } from '../scenarios/scale.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { terminate } from '../scenarios/terminate.ts';

/** Every fault of the proxy before every operation, over every verb that uses it. */
export async function proxyCampaign(settings: Settings): Promise<Findings> {
  const started = performance.now();
  const builds = await makeBuilds();
  const cloud = await cloudUp();
  try {
    const scenarios = [
      ...[launch, scaleOut, scaleIn, replace, terminate, watch, status],
      ...releases(builds),
    ];
    const used = await inPool(scenarios, settings.jobs, (scenario) => operationsOf(scenario, cloud));
    const cases = planned(
      scenarios.map((scenario, index) => ({ scenario, used: used[index] ?? new Map() })),
      settings,
    );
    const results = await inPool(cases, settings.jobs, (each) => tried(each, cloud));
    const struck = results.filter(({ struck: count }) => count > 0);
    const violations = results.flatMap(({ violations: wrong }) => wrong);
    const survived = struck.filter(({ code }) => code === 0).length;
    const honest = struck.filter(({ code, violations: wrong }) => code !== 0 && wrong.length === 0).length;
    return {
      part: 'proxy',
      tried: struck.length,
      figures: [
        `${survived} times the command succeeded all the same`,
        `${honest} times it said what it could not do, and did it when run again`,
        `${new Set(cases.flatMap(({ trouble }) => ('operation' in trouble ? trouble.operation : []))).size} operations`,
      ],
      violations,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await cloud.down();
    builds.dispose();
  }
}

/** How often a scenario uses each operation when nothing goes wrong. */
async function operationsOf(scenario: Scenario, cloud: FaultCloud): Promise<ReadonlyMap<string, number>> {
  const place = await makePlace(`reference-${scenario.name.replaceAll(' ', '-')}`, cloud);
  try {
    await scenario.prepare(place);
    place.proxy.arm();
    const ended = await place.run(scenario.argv(place));
    const wrong = await scenario.judge(place, ended);
    if (ended.code !== 0 || wrong.length > 0)
      throw new Error(`${scenario.name} without a fault: exit ${ended.code}, ${wrong}\n${ended.stderr}`);
    return place.proxy.counts;
  } finally {
    await place.dispose();
  }
}

interface Tried {
  /** Requests that met the fault. */
  readonly struck: number;
  readonly code: number | null;
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
      code: ended.code,
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
