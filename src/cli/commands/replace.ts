import { useCases } from '../../api/use-cases.ts';
import { type ExitCode, exitCode } from '../../errors.ts';
import { jsonReport } from '../../reporters/json.ts';
import type { PlannedReplacement } from '../../reporters/replacement.ts';
import { replacementDocument, replacementText } from '../../reporters/replacement.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import { fleetOptions, rolloutOptions } from '../options.ts';
import { rolloutInput, shownChange } from '../progress.ts';
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
    const rolecall = useCases(values, host);
    const name = await askLaunch({ ...values, count: 1 }, await rolecall.catalogue(), host);
    const { all, allowShrink } = values;
    const input = { ...rolloutInput(values, host), ...name, all, allowShrink };
    if (values.dryRun) {
      const planned = await rolecall.planReplace(input);
      return await showReplacement({ ...name, allowShrink, ...planned }, values.output, host);
    }
    const { shown, agreed } = shownChange('replace', values, name, host);
    return await shown.show(rolecall.replace(input, agreed));
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
