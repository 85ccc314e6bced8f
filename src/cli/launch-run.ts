import type { Catalogue } from '../catalogue/catalogue.ts';
import { type ExitCode, exitCode } from '../errors.ts';
import { equivalentCommand } from '../io/picker.ts';
import { confirm } from '../io/prompts.ts';
import { columnsOf } from '../io/terminal.ts';
import { launchMachines } from '../launch/launch.ts';
import { openCatalogue } from './catalogue.ts';
import { type Cloud, connectCloud } from './cloud.ts';
import { follow } from './follow.ts';
import type { Host } from './host.ts';
import { askIntent, type Intent, makeIntent } from './intent.ts';
import type { LaunchValues } from './launch.ts';
import { planOf } from './plan-of.ts';
import { recordsOf } from './records.ts';

/** Launches, and follows the machines to their verdicts. */
export async function runLaunch(values: LaunchValues, host: Host): Promise<ExitCode> {
  const catalogue = await openCatalogue(values, host);
  const answers = await askIntent(values, catalogue, host);
  const intent = await makeIntent(values, answers, catalogue, host);
  if (answers.picked) {
    const command = equivalentCommand(answers, otherArguments(values));
    if (!(await agreed(intent, command, values.yes, catalogue, host))) return exitCode('ok');
  }
  const image = { catalogue, ami: intent.role.ami };
  const cloud = await connectCloud(values, intent.role.region, host, { image });
  try {
    return await launchAndFollow(values, intent, cloud, host);
  } finally {
    await cloud.close();
  }
}

/** Shows what was picked, as a plan and as a command line, and asks once more. */
async function agreed(
  intent: Intent,
  command: string,
  yes: boolean,
  catalogue: Catalogue,
  { terminal }: Host,
): Promise<boolean> {
  const { renderBriefPlan } = await import('../report/plan.ts');
  const plan = renderBriefPlan(await planOf(intent, catalogue), columnsOf(terminal));
  const whole = command.replace(/^launch /, 'rolecall plan ');
  terminal.stderr.write(
    `\n${plan}\nthe whole plan:\n  ${whole}\nthe same without questions:\n  ${command}\n\n`,
  );
  if (yes || (await confirm(terminal, 'Launch?', true))) return true;
  terminal.stderr.write('nothing was launched\n');
  return false;
}

async function launchAndFollow(
  values: LaunchValues,
  intent: Intent,
  cloud: Cloud,
  host: Host,
): Promise<ExitCode> {
  const { role, launch, isNew, payload, count } = intent;
  const { clock, signal } = host;
  const records = recordsOf(cloud.local, host);
  return await follow(
    {
      launching: launchMachines(
        { launch, isNew, role, payload, count },
        { ec2: cloud.ec2, records, clock, signal },
      ),
      verb: 'launching',
      output: values.output,
      meta: {
        id: launch,
        catalogue: role.catalogue,
        role: role.role,
        environment: role.environment,
        context: role.context,
        catalogue_sha256: role.catalogueSha256,
        region: role.region,
        ami: role.ami,
      },
      launch,
      timeoutMs: role.timeoutMs,
      patterns: role.patterns,
      // Under an id that was given, or that CI names, an earlier run may have launched, with a nonce of its own.
      ...(isNew && { nonce: intent.nonce }),
    },
    cloud,
    host,
  );
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
  ] as const;
  const given = names.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return values.local ? [...given, '--local'] : given;
}
