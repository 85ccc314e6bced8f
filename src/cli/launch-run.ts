import type { Catalogue } from '../catalogue/catalogue.ts';
import { type ExitCode, exitCode } from '../errors.ts';
import { equivalentCommand } from '../io/picker.ts';
import { confirm } from '../io/prompts.ts';
import { columnsOf } from '../io/terminal.ts';
import { recordedBuild } from '../launch/begin.ts';
import { readLaunch } from '../launch/book.ts';
import { launchMachines } from '../launch/launch.ts';
import type { LaunchRecords } from '../launch/records.ts';
import { openCatalogue } from './catalogue.ts';
import { type Cloud, connectCloud, type Place } from './cloud.ts';
import { follow } from './follow.ts';
import type { Host } from './host.ts';
import { askIntent, completeIntent, type Draft, draftIntent, type Intent, type Pins } from './intent.ts';
import type { LaunchValues } from './launch.ts';
import { planOf } from './plan-of.ts';
import { recordsOf } from './records.ts';

/** Launches, and follows the machines to their verdicts. */
export async function runLaunch(values: LaunchValues, host: Host): Promise<ExitCode> {
  const catalogue = await openCatalogue(values, host);
  const answers = await askIntent(values, catalogue, host);
  const draft = await draftIntent(values, answers, catalogue, host);
  const ask = async (intent: Intent): Promise<boolean> =>
    !answers.picked ||
    (await agreed(intent, equivalentCommand(answers, otherArguments(values)), values.yes, catalogue, host));
  // Where no build has to be looked up, people are asked before anything is connected to.
  if (draft.role.app === undefined && !(await ask(await completeIntent(draft, await preview(draft, host)))))
    return exitCode('ok');
  const { region, ami } = draft.role;
  const { bucket } = catalogue;
  const needs = {
    image: { catalogue, ami },
    ...(bucket !== undefined && { bucket: { name: bucket, region } }),
  };
  const cloud = await connectCloud(values, region, host, needs);
  try {
    const records = await recordsOf(cloud, catalogue, host);
    const intent = await completeIntent(
      draft,
      await pinsOf(draft, values.build, cloud, catalogue, records, host),
    );
    if (draft.role.app !== undefined && !(await ask(intent))) return exitCode('ok');
    for (const notice of [intent.pins.build?.notice, intent.pins.bundle?.published?.notice])
      if (notice !== undefined) host.terminal.stderr.write(`note: ${notice}\n`);
    return await launchAndFollow(values, intent, cloud, records, host);
  } finally {
    await cloud.close();
  }
}

/** What is shown before anything is connected to. */
async function preview({ bundle, launch, role }: Draft, host: Host): Promise<Pins> {
  if (bundle === undefined) return {};
  return { bundle: await (await import('./bundle-pin.ts')).previewBundle(bundle, launch, role, host) };
}

/** The build of this launch (an earlier run's, where it isn't new), or its bundle. */
async function pinsOf(
  { role, bundle, launch, isNew }: Draft,
  tag: string | undefined,
  place: Place,
  catalogue: Catalogue,
  records: LaunchRecords,
  host: Host,
): Promise<Pins> {
  if (role.app === undefined && bundle === undefined) return {};
  const bucket = await (await import('./bucket.ts')).bucketIn(place, catalogue);
  if (bundle !== undefined)
    return { bundle: await (await import('./bundle-pin.ts')).pinBundle(bundle, launch, bucket, host) };
  const recorded = isNew ? undefined : (await readLaunch(records, launch))?.build;
  return { build: await (await import('./build-pin.ts')).pinBuild(role, bucket, { tag, recorded }) };
}

/** Shows what was picked, as a plan and as a command line, and asks once more. */
async function agreed(
  intent: Intent,
  command: string,
  yes: boolean,
  catalogue: Catalogue,
  { terminal, clock }: Host,
): Promise<boolean> {
  const { renderBriefPlan } = await import('../report/plan.ts');
  const plan = renderBriefPlan(planOf(intent, catalogue), clock.now(), columnsOf(terminal));
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
  records: LaunchRecords,
  host: Host,
): Promise<ExitCode> {
  const { role, launch, isNew, payload, count, pins } = intent;
  const build = pins.build?.build;
  const sealed = pins.bundle?.sealed;
  const { clock, signal } = host;
  return await follow(
    {
      launching: launchMachines(
        { launch, isNew, role, payload, count, build, bundle: sealed },
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
        ...(build && { build: recordedBuild(build) }),
        ...(sealed && { bundle_sha256: sealed.sha256 }),
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
    'build',
  ] as const;
  const given = names.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return values.local ? [...given, '--local'] : given;
}
