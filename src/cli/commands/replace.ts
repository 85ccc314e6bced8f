import type { ReplaceInput } from '../../actions/replace.ts';
import { type ExitCode, exitCode } from '../../errors.ts';
import { jsonReport } from '../../reporters/json.ts';
import type { PlannedReplacement } from '../../reporters/replacement.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import { shownChange } from '../fleet-change.ts';
import { fleetOptions, rolloutOptions } from '../options.ts';
import { runChoice } from '../run-choice.ts';

/** `rolecall replace`: new machines prove themselves, then old ones go. */
export const replace = command({
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
    const { openCatalogue } = await import('../../actions/catalogue.ts');
    const { checkRollout, rulesOf } = await import('../../actions/rollout.ts');
    const { askRole } = await import('../prompts/ask.ts');
    const input = { ...(values as typeof values & ReplaceInput), ...runChoice(values, host) };
    rulesOf(input);
    const catalogue = await openCatalogue(values, host);
    const role = await askRole(input, catalogue, host);
    checkRollout(input, role);
    const { planReplace, replace: replacing } = await import('../../actions/replace.ts');
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
  const { replacementDocument, replacementText } = await import('../../reporters/replacement.ts');
  const text =
    output === 'text'
      ? replacementText(planned, clock.now(), widthFor(terminal.stdout))
      : jsonReport(replacementDocument(planned));
  await write(terminal.stdout, text);
  return exitCode('ok');
}
