import { type FleetChange, wantedOf } from '../../actions/fleet.ts';
import type { RolloutWords } from '../../actions/rollout.ts';
import type { Session } from '../../actions/session.ts';
import { type ExitCode, exitCode } from '../../errors.ts';
import { glimpse } from '../../fleet/book.ts';
import { fleetKey } from '../../fleet/lease.ts';
import { lookAtFleet } from '../../fleet/look.ts';
import { needOf } from '../../fleet/scale.ts';
import { waveSizes } from '../../fleet/waves.ts';
import { jsonReport } from '../../reporters/json.ts';
import { needDocument, needText } from '../../reporters/need.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import type { Host } from '../context.ts';

/** Shows what `scale` would do, and does nothing: the lease is not taken, machines without a verdict are not judged. */
export async function showScale(
  words: RolloutWords & { readonly to: number },
  { draft, pins, rules }: Pick<FleetChange, 'draft' | 'pins' | 'rules'>,
  { ec2, records }: Session,
  { clock, terminal }: Host,
): Promise<ExitCode> {
  const { role } = draft;
  const book = await glimpse(records, fleetKey(role), clock);
  const tools = { ec2, records, clock, book };
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
