import { useCases } from '../../api/use-cases.ts';
import { type ExitCode, exitCode, UsageError } from '../../errors.ts';
import { jsonReport } from '../../reporters/json.ts';
import type { PlannedScale } from '../../reporters/need.ts';
import { needDocument, needText } from '../../reporters/need.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { wholeNumber } from '../../text.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import { fleetOptions, rolloutOptions } from '../options.ts';
import { rolloutInput, shownChange } from '../progress.ts';
import { askLaunch } from '../prompts/picker.ts';
import { confirm } from '../prompts/prompts.ts';

/** `rolecall scale`: so many machines, no more and no fewer. */
export default command({
  options: {
    to: {
      type: 'string',
      syntax: 'number',
      demandOption: true,
      describe: 'How many proved machines the fleet is to have',
    },
    ...fleetOptions,
    ...rolloutOptions,
  },
  examples: [
    ['rolecall scale --role web --env prod --context b --to 20', 'bring the fleet to 20 proved machines'],
    ['rolecall scale --role web --env prod --context b --to 0 --yes', 'end it'],
    ['rolecall scale --role web --env prod --context b --to 50 --wave 10%', 'one first, then tenths'],
  ],
  run: async (values, host) => {
    const to = sizeOf(values.to);
    const rolecall = useCases(values, host);
    const name = await askLaunch({ ...values, count: 1 }, await rolecall.catalogue(), host);
    const input = { ...rolloutInput(values, host), ...name, to };
    if (values.dryRun) {
      const planned = await rolecall.planScale(input);
      return await showNeed({ ...name, target: to, ...planned }, values.output, host);
    }
    if (to > MANY && !(await agreedToMany(to, values.yes, host))) return exitCode('ok');
    const { shown, agreed } = shownChange('scale', values, name, host);
    return await shown.show(rolecall.scale(input, agreed));
  },
});

/** More than this at once waits for EC2's own pace, and is asked about. */
const MANY = 1_000;
const MOST = 100_000;

function sizeOf(text: string): number {
  const to = wholeNumber(text);
  if (to <= MOST) return to;
  throw new UsageError(`--to must be a whole number from 0 to ${MOST.toLocaleString('en')}`, {
    hint: '--to 0 ends the fleet',
  });
}

async function agreedToMany(to: number, yes: boolean, { terminal }: Host): Promise<boolean> {
  if (yes) return true;
  const text = `${to.toLocaleString('en')} machines`;
  if (terminal.interactive) return await confirm(terminal, `Bring the fleet to ${text}?`, false);
  throw new UsageError(`${text} are many, and there is no terminal to ask`, {
    hint: `--yes brings the fleet to more than ${MANY.toLocaleString('en')} machines without asking`,
  });
}

async function showNeed(planned: PlannedScale, output: string, { clock, terminal }: Host): Promise<ExitCode> {
  const text =
    output === 'text'
      ? needText(planned, clock.now(), widthFor(terminal.stdout))
      : jsonReport(needDocument(planned));
  await write(terminal.stdout, text);
  return exitCode('ok');
}
