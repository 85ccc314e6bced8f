import type { OutputFormat } from '../../reporters/progress.ts';
import type { Plan } from '../../results/plan.ts';
import { columnsOf } from '../../terminal/terminal.ts';
import { command, type Values } from '../command.ts';
import type { Host } from '../context.ts';
import {
  cloudOptions,
  deployedBuildOptions,
  LIVE_OUTPUT,
  overrideOptions,
  packingOptions,
  reportOptions,
  roleOptions,
} from '../options.ts';
import { equivalentCommand } from '../prompts/picker.ts';
import { confirm } from '../prompts/prompts.ts';
import { runChoice } from '../run-choice.ts';

const options = {
  ...roleOptions,
  count: { type: 'number', requiresArg: true, describe: 'How many machines (default: 1)' },
  ...deployedBuildOptions,
  ...overrideOptions,
  ...packingOptions,
  ...cloudOptions,
  local: {
    ...cloudOptions.local,
    describe: 'Use the local cloud in place of AWS; where none is up, one for this command alone',
  },
  'launch-id': {
    type: 'string',
    requiresArg: true,
    describe: 'Id of the launch; the same id again goes on with it (default: a new one)',
  },
  yes: {
    alias: 'y',
    type: 'boolean',
    default: false,
    describe: 'Launch what was picked without asking once more',
  },
  output: LIVE_OUTPUT,
  ...reportOptions,
} as const;

type LaunchValues = Values<typeof options>;

/** `rolecall launch`, `launch`: the main job. */
export const launch = command({
  options,
  examples: [
    ['launch --role memcached --env prod --context b', 'launch one machine'],
    ['launch', 'pick from a list'],
    ['launch --role memcached --env prod --context b --local', 'rehearse it here, without AWS'],
  ],
  run: async (values, host) => {
    const { openCatalogue } = await import('../../actions/catalogue.ts');
    const { askLaunch } = await import('../prompts/ask.ts');
    const catalogue = await openCatalogue(values, host);
    const answers = await askLaunch(values, catalogue, host);
    const { requestOf } = await import('../../actions/launch-request.ts');
    const { launch: launching } = await import('../../actions/launch.ts');
    const { ShownRun } = await import('../progress.ts');
    const request = await requestOf(values, answers, catalogue, host);
    const command = equivalentCommand(answers, otherArguments(values));
    const ask = (shown: Plan) => agreed(shown, command, values.yes, host);
    const choice = { ...values, ...runChoice(values, host), ...(answers.picked && { agreed: ask }) };
    const shown = new ShownRun({ ...values, output: values.output as OutputFormat }, host);
    return await shown.show(launching(request, choice, catalogue, host));
  },
});

/** Shows what was picked, as a plan and as a command line, and asks once more. */
async function agreed(
  shown: Plan,
  command: string,
  yes: boolean,
  { terminal, clock }: Host,
): Promise<boolean> {
  const { renderBriefPlan } = await import('../../reporters/plan.ts');
  const plan = renderBriefPlan(shown, clock.now(), columnsOf(terminal));
  const whole = command.replace(/^launch /, 'rolecall plan ');
  terminal.stderr.write(
    `\n${plan}\nthe whole plan:\n  ${whole}\nthe same without questions:\n  ${command}\n\n`,
  );
  if (yes || (await confirm(terminal, 'Launch?', true))) return true;
  terminal.stderr.write('nothing was launched\n');
  return false;
}

/** The arguments that the equivalent command line repeats: all that were given beside what was picked. */
function otherArguments(values: LaunchValues): string[] {
  const names = [
    'catalogue',
    'region',
    'profile',
    'instance-type',
    'zone',
    'subnet',
    'ami',
    'timeout',
    'build',
    'build-sha256',
    'junit',
    'report',
    'against',
  ] as const;
  const given = names.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  for (const name of ['allow-secret', 'allow-outside'] as const)
    for (const value of values[name] ?? []) given.push(`--${name}=${value}`);
  return values.local ? [...given, '--local'] : given;
}
