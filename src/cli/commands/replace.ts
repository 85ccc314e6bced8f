import { roleFrom } from '../../actions/launch-request.ts';
import type { ReplaceInput } from '../../actions/replace.ts';
import { planReplace, replace as replacing } from '../../actions/replace.ts';
import { checkRollout, rulesOf } from '../../actions/rollout.ts';
import { openCatalogue } from '../../actions/session.ts';
import { type ExitCode, exitCode } from '../../errors.ts';
import { jsonReport } from '../../reporters/json.ts';
import type { PlannedReplacement } from '../../reporters/replacement.ts';
import { replacementDocument, replacementText } from '../../reporters/replacement.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import { fleetOptions, rolloutOptions } from '../options.ts';
import { runChoice, shownChange } from '../progress.ts';
import { askLaunch } from '../prompts/picker.ts';

/** `rolecall replace`: new machines prove themselves, then old ones go. */
export default command({
  options: {
    all: {
      type: 'boolean',
      default: false,
      describe: 'Replace all machines, and not only those that differ from what a launch would give now',
    },
    'allow-shrink': {
      type: 'boolean',
      default: false,
      describe: 'End what the fleet has beyond its target size, without a new machine for each',
    },
    ...fleetOptions,
    ...rolloutOptions,
  },
  examples: [
    [
      'rolecall replace --role web --env prod --context b',
      'bring a new build or a changed catalogue to the fleet',
    ],
    ['rolecall replace --role web --env prod --context b --wave 5 --yes', 'five at a time, in CI'],
  ],
  run: async (values, host) => {
    const input = { ...(values as typeof values & ReplaceInput), ...runChoice(values, host) };
    rulesOf(input);
    const catalogue = await openCatalogue(values, host);
    const role = await roleFrom(catalogue, await askLaunch({ ...input, count: 1 }, catalogue, host), input);
    checkRollout(input, role);
    if (values['dry-run']) {
      const planned = await planReplace(role, input, catalogue, host);
      const allowShrink = values['allow-shrink'];
      return await showReplacement({ name: role, allowShrink, ...planned }, values.output, host);
    }
    const { shown, agreed } = shownChange('replace', values, role, host);
    return await shown.show(replacing(role, input, agreed, catalogue, host));
  },
});

async function showReplacement(
  planned: PlannedReplacement,
  output: string,
  { clock, terminal }: Host,
): Promise<ExitCode> {
  const text =
    output === 'text'
      ? replacementText(planned, clock.now(), widthFor(terminal.stdout))
      : jsonReport(replacementDocument(planned));
  await write(terminal.stdout, text);
  return exitCode('ok');
}
