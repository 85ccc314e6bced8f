import { cloudUp, type FaultCloud } from '../cloud.ts';
import { moduleKills } from '../kills/module-add.ts';
import { interrupted, type Killed, killed, paused } from '../kills/moments.ts';
import { type Findings, type Settings, sampleOf } from '../part.ts';
import { makePlace } from '../place.ts';
import { inPool } from '../pool.ts';
import { Random } from '../random.ts';
import { makeBuilds } from '../scenarios/builds.ts';
import { launch } from '../scenarios/launch.ts';
import { releases } from '../scenarios/release.ts';
import { replace } from '../scenarios/replace.ts';
import { scaleIn, scaleOutInWaves } from '../scenarios/scale.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { terminate } from '../scenarios/terminate.ts';

/** Moments of a whole campaign, beside those of `module add`. */
const WHOLE = 120;
/** Machines that are launched are unknown to all other operations for two of the cloud's seconds. */
const LATE = 'invisible_ms: 2000\n';

const WAYS: readonly Killed[] = [killed, interrupted, paused];

/** Commands that are killed, interrupted or paused at any moment, and run again. */
export async function killCampaign(settings: Settings): Promise<Findings> {
  const started = performance.now();
  const builds = await makeBuilds();
  const cloud = await cloudUp({ more: LATE });
  try {
    const scenarios = [...[launch, scaleOutInWaves, scaleIn, replace, terminate], ...releases(builds)];
    const lengths = await inPool(scenarios, settings.jobs, (scenario) => lengthOf(scenario, cloud));
    const cases = scenarios.flatMap((scenario, index) =>
      WAYS.map((way) => ({ scenario, way, length: lengths[index] ?? 1 })),
    );
    const tries = Array.from({ length: WHOLE }, (_, index) => {
      const each = cases[index % cases.length];
      if (each === undefined) throw new Error('there are no scenarios');
      const random = new Random(settings.seed, 'kills', index);
      const after = random.below(each.length);
      return {
        ...each,
        after,
        name: `kills-${index}`,
        title: `${each.scenario.name}, ${each.way.name} after ${after}`,
      };
    })
      .filter(({ title }) => title.includes(settings.only))
      .slice(0, sampleOf(WHOLE, settings));
    const [found, modules] = await Promise.all([
      inPool(tries, settings.jobs, async ({ scenario, way, after, name, title }) => {
        const place = await makePlace(name, cloud);
        try {
          return (await way(scenario, place, after)).map((wrong) => `${title}: ${wrong}`);
        } finally {
          await place.dispose();
        }
      }),
      moduleKills(settings),
    ]);
    return {
      part: 'kills',
      tried: tries.length + modules.tried,
      figures: [
        ...WAYS.map(({ name }) => `${tries.filter(({ way }) => way.name === name).length} ${name}`),
        `${modules.tried} of module add, ${modules.caught} caught at work`,
      ],
      violations: [...found.flat(), ...modules.violations],
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await cloud.down();
    builds.dispose();
  }
}

/** How many stages the requests of a scenario have in all when nothing disturbs it. */
async function lengthOf(scenario: Scenario, cloud: FaultCloud): Promise<number> {
  const place = await makePlace(`length-${scenario.name.replaceAll(/\W+/g, '-')}`, cloud);
  try {
    await scenario.prepare(place);
    let stages = 0;
    place.proxy.arm();
    place.proxy.watcher = () => {
      stages += 1;
    };
    const { code, stderr } = await place.run(scenario.argv(place));
    if (code !== 0) throw new Error(`${scenario.name} undisturbed: exit ${code}\n${stderr}`);
    return stages;
  } finally {
    await place.dispose();
  }
}
