import { type ExitCode, exitCode } from '../errors.ts';
import { jsonReport } from '../io/json.ts';
import { write } from '../io/streams.ts';
import { widthFor } from '../io/terminal.ts';
import { glimpse } from '../launch/fleet/book.ts';
import { fleetKey } from '../launch/fleet/lease.ts';
import { lookAtFleet } from '../launch/fleet/look.ts';
import { needOf } from '../launch/fleet/scale.ts';
import { waveSizes } from '../launch/fleet/waves.ts';
import { needDocument, needText } from '../report/need.ts';
import { type FleetChange, wantedOf } from './fleet-run.ts';
import type { Host } from './host.ts';
import type { LaunchPlace } from './launch-place.ts';
import type { RolloutWords } from './rollout-words.ts';

/** Shows what `scale` would do, and does nothing: the lease is not taken, machines without a verdict are not judged. */
export async function showScale(
  words: RolloutWords & { readonly to: number },
  { draft, pins, rules }: Pick<FleetChange, 'draft' | 'pins' | 'rules'>,
  { cloud, records }: LaunchPlace,
  { clock, terminal }: Host,
): Promise<ExitCode> {
  const { role } = draft;
  const book = await glimpse(records, fleetKey(role), clock);
  const tools = { ec2: cloud.ec2, records, clock, book };
  const fleet = await lookAtFleet(role, wantedOf(role, pins), tools);
  const need = needOf(fleet, words.to, rules.policy);
  const waves = need.kind === 'more' ? waveSizes(rules, need.count) : [];
  const { environment, context } = role;
  const shown = {
    role: role.role,
    environment,
    context,
    target: words.to,
    fleet,
    need,
    waves,
    open: book.open.length,
  };
  const text =
    words.output === 'text'
      ? needText(shown, clock.now(), widthFor(terminal.stdout))
      : jsonReport(needDocument(shown));
  await write(terminal.stdout, text);
  return exitCode('ok');
}
