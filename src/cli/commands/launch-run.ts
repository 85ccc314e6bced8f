import { openCatalogue } from '../../actions/catalogue.ts';
import { askIntent, completeIntent, draftIntent, type Intent } from '../../actions/intent.ts';
import { launchDraft } from '../../actions/launch-draft.ts';
import { planOf } from '../../actions/plan.ts';
import { previewPins } from '../../actions/preview.ts';
import { type ExitCode, exitCode } from '../../errors.ts';
import type { Plan } from '../../reporters/plan.ts';
import { columnsOf } from '../../terminal/terminal.ts';
import type { Host } from '../context.ts';
import { equivalentCommand } from '../prompts/picker.ts';
import { confirm } from '../prompts/prompts.ts';
import type { LaunchValues } from './launch.ts';

/** Launches, and follows the machines to their verdicts. */
export async function runLaunch(values: LaunchValues, host: Host): Promise<ExitCode> {
  const catalogue = await openCatalogue(values, host);
  const answers = await askIntent(values, catalogue, host);
  const draft = await draftIntent(values, answers, catalogue, host);
  const ask = async (intent: Intent, estimate?: string): Promise<boolean> =>
    await agreed(
      planOf(intent, catalogue, { estimate }),
      equivalentCommand(answers, otherArguments(values)),
      values.yes,
      host,
    );
  if (!answers.picked) return await launchDraft(values, draft, catalogue, host);
  // Where no build has to be looked up, people are asked before a local cloud is started.
  if (draft.role.app === undefined) {
    const { pins, estimate } = await previewPins(values, draft, catalogue, host);
    if (!(await ask(await completeIntent(draft, pins), estimate))) return exitCode('ok');
  }
  return await launchDraft(values, draft, catalogue, host, { agreed: ask });
}

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
