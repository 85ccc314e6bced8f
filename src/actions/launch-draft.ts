import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Host } from '../cli/context.ts';
import type { ReportWords } from '../cli/follow.ts';
import { follow } from '../cli/follow.ts';
import { type ExitCode, exitCode } from '../errors.ts';
import { launchMachines } from '../launch/launch.ts';
import type { OutputFormat } from '../reporters/progress.ts';
import { pinsOf } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import { followingOf, launchPlanOf } from './drafted.ts';
import { completeIntent, type Draft, type Intent } from './intent.ts';
import { type CloudChoice, inSession, launchPlace } from './session.ts';

interface LaunchWords extends CloudChoice, ReportWords, BuildChoice {
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
  return await inSession(launchPlace(values, role, catalogue, alone), host, async (session) => {
    const { ec2, records, runtime } = session;
    const { clock, signal } = runtime;
    const pins = await pinsOf(draft, values, session);
    const intent = await completeIntent(draft, pins);
    if (role.app !== undefined && agreed !== undefined && !(await agreed(intent))) return exitCode('ok');
    const following = followingOf(draft, pins, intent.payload, values, session);
    const launching = launchMachines(launchPlanOf(draft, pins, session), { ec2, records, clock, signal });
    return await follow({ ...following, launching, verb: 'launching' }, session, host);
  });
}
