import { roleNamed, useCases } from '../../api/use-cases.ts';
import { renderBriefPlan } from '../../reporters/plan.ts';
import type { OutputFormat } from '../../reporters/progress.ts';
import type { Plan } from '../../results/plan.ts';
import { columnsOf } from '../../terminal/terminal.ts';
import { command, commandLine, type Values } from '../command.ts';
import type { Host } from '../context.ts';
import {
  COUNT,
  cloudOptions,
  deployedBuildOptions,
  LAUNCH_ID,
  LIVE_OUTPUT,
  overrideOptions,
  packingOptions,
  reportOptions,
  roleOptions,
  YES,
} from '../options.ts';
import { runChoice, ShownRun } from '../progress.ts';
import { askLaunch } from '../prompts/picker.ts';
import { confirm } from '../prompts/prompts.ts';
import plan from './plan.ts';

const options = {
  ...roleOptions,
  count: COUNT,
  ...deployedBuildOptions,
  ...overrideOptions,
  ...packingOptions,
  ...cloudOptions,
  local: {
    ...cloudOptions.local,
    describe: 'Use the local cloud in place of AWS; where none is up, one for this command alone',
  },
  'launch-id': {
    ...LAUNCH_ID,
    describe: 'Id of the launch; the same id again goes on with it (default: a new one)',
  },
  yes: { ...YES, describe: 'Launch what was picked without asking once more' },
  output: LIVE_OUTPUT,
  ...reportOptions,
} as const;

type LaunchValues = Values<typeof options>;

/** `rolecall launch`, `launch`: the main job. */
const launch = command({
  options,
  examples: [
    ['launch --role memcached --env prod --context b', 'launch one machine'],
    ['launch', 'pick from a list'],
    ['launch --role memcached --env prod --context b --local', 'rehearse it here, without AWS'],
  ],
  run: async (values, host) => {
    const rolecall = useCases(values, host);
    const named = roleNamed(values);
    const answers = named
      ? { ...named, count: values.count ?? 1, picked: false }
      : await askLaunch(values, await rolecall.catalogue(), host);
    // One machine is what a command line without a count asks for.
    const picked = { ...values, ...answers, count: answers.count === 1 ? undefined : answers.count };
    const ask = (shown: Plan) => agreed(shown, picked, host);
    const input = { ...values, ...answers, ...runChoice(values, host) };
    const shown = new ShownRun({ ...values, output: values.output as OutputFormat }, host);
    return await shown.show(rolecall.launch({ ...input, ...(answers.picked && { agreed: ask }) }));
  },
});

/** Shows what was picked, as a plan and as command lines, and asks once more. */
async function agreed(shown: Plan, picked: LaunchValues, { terminal, clock }: Host): Promise<boolean> {
  const lines = [
    '',
    renderBriefPlan(shown, clock.now(), columnsOf(terminal)),
    'the whole plan:',
    `  ${commandLine('rolecall plan', plan, picked)}`,
    'the same without questions:',
    `  ${commandLine('launch', launch, picked)}`,
    '',
  ];
  terminal.stderr.write(`${lines.join('\n')}\n`);
  if (picked.yes || (await confirm(terminal, 'Launch?', true))) return true;
  terminal.stderr.write('nothing was launched\n');
  return false;
}

export default launch;
