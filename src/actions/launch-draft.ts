import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Host } from '../cli/context.ts';
import type { ReportWords } from '../cli/follow.ts';
import { follow } from '../cli/follow.ts';
import { type ExitCode, exitCode } from '../errors.ts';
import { launchMachines } from '../launch/launch.ts';
import type { OutputFormat } from '../reporters/progress.ts';
import { pinsOf } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { CloudWords } from './cloud.ts';
import { followingOf, launchPlanOf } from './drafted.ts';
import { completeIntent, type Draft, type Intent } from './intent.ts';
import { inLaunchPlace } from './launch-place.ts';

interface LaunchWords extends CloudWords, ReportWords, BuildChoice {
  readonly output: OutputFormat;
}

/**
 * Launches what is drafted, and follows the machines to their verdicts.
 * @param agreed asked once the build is known, of a role that deploys one
 * @param alone in a local cloud of its own, though another may be up
 */
export async function launchDraft(
  values: LaunchWords,
  draft: Draft,
  catalogue: Catalogue,
  host: Host,
  { agreed, alone = false }: { agreed?: (intent: Intent) => Promise<boolean>; alone?: boolean } = {},
): Promise<ExitCode> {
  const { role } = draft;
  return await inLaunchPlace(
    values,
    role,
    catalogue,
    host,
    async (place) => {
      const { cloud, records } = place;
      const { clock, signal } = host;
      const pins = await pinsOf(draft, values, cloud, catalogue, records, host);
      const intent = await completeIntent(draft, pins);
      if (role.app !== undefined && agreed !== undefined && !(await agreed(intent))) return exitCode('ok');
      const following = followingOf(draft, pins, intent.payload, values, place, host);
      const tools = { ec2: cloud.ec2, records, clock, signal };
      const launching = launchMachines(launchPlanOf(draft, pins, place, host), tools);
      return await follow({ ...following, launching, verb: 'launching' }, cloud, host);
    },
    { alone },
  );
}
