import { openCatalogue, type RoleWords, requireRole } from '../../actions/catalogue.ts';
import { lockWaitMs, openFleetBook } from '../../actions/fleet-book.ts';
import { checkNames } from '../../actions/fleet-names.ts';
import { regionFor } from '../../actions/region.ts';
import { type CloudChoice, inSession, type Session } from '../../actions/session.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { type ExitCode, exitCode, UsageError } from '../../errors.ts';
import { glimpse } from '../../fleet/book.ts';
import type { FleetEvent } from '../../fleet/events.ts';
import { fleetKey } from '../../fleet/lease.ts';
import { lookAtFleet } from '../../fleet/look.ts';
import { isOurs, type Member } from '../../fleet/members.ts';
import { type Doomed, doomedOf, terminateFleet } from '../../fleet/terminate.ts';
import { type FleetName, fleetTags } from '../../launch/fleet-name.ts';
import { isLaunchId, type LaunchId, type PathName } from '../../model.ts';
import { memberDocument } from '../../reporters/fleets.ts';
import { jsonReport } from '../../reporters/json.ts';
import { memberLines } from '../../reporters/members.ts';
import { writeReport } from '../../terminal/report.ts';
import { write } from '../../terminal/streams.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { counted } from '../../text.ts';
import type { Host } from '../context.ts';
import { askToEnd } from '../prompts/confirm.ts';

export interface TerminateWords extends CloudChoice, RoleWords {
  readonly launch: LaunchId | undefined;
  readonly fleet: boolean;
  readonly failed: boolean;
  readonly yes: boolean;
  readonly 'dry-run': boolean;
  readonly 'lock-wait': string;
  readonly json: boolean;
}

/** Ends machines that rolecall launched, and no others. */
export async function runTerminate(words: TerminateWords, host: Host): Promise<ExitCode> {
  checkWords(words);
  const waitMs = lockWaitMs(words['lock-wait']);
  const catalogue = await openCatalogue(words, host);
  const region = await regionFor(words, host);
  return await inSession({ choice: words, region, catalogue }, host, async (session) => {
    const name =
      words.launch === undefined
        ? { catalogue: catalogue.name, ...(requireRole(words) as Omit<FleetName, 'catalogue'>) }
        : await fleetOfLaunch(words.launch, catalogue, session);
    const doomed = { launch: words.launch, failed: words.failed };
    // Machines of a role that the catalogue had once can be ended; a slip of the pen must not look like an end.
    if (words.launch === undefined && (await session.ec2.machinesWithTags(fleetTags(name))).length === 0)
      checkNames(words, catalogue);
    const place = { session, name: { ...name, region } };
    if (words['dry-run']) return await show(words, doomed, place, host);
    return await end(words, doomed, place, waitMs, host);
  });
}

function checkWords({ launch, fleet, ...words }: TerminateWords): void {
  const named = [words.role, words.environment, words.context].some((word) => word !== undefined);
  const hint =
    'rolecall terminate LAUNCH, or rolecall terminate --fleet --role ROLE --env ENV --context CONTEXT';
  if (launch === undefined && !fleet)
    throw new UsageError('which machines? Neither a launch nor --fleet is given', { hint });
  if (launch !== undefined && (fleet || named))
    throw new UsageError('both a launch and a fleet are named', { hint });
  // EC2's filters take wildcards.
  if (launch !== undefined && !isLaunchId(launch))
    throw new UsageError(`"${launch}" is no launch id`, {
      hint: 'launch prints it; the tag rolecall:launch holds it',
    });
}

interface EndPlace {
  readonly session: Session;
  readonly name: FleetName & { readonly region: string };
}

/**
 * The fleet that a launch belongs to, as its machines' tags tell.
 * @throws UsageError for one of another catalogue: that fleet's record, with its lease, lies elsewhere
 */
async function fleetOfLaunch(
  launch: LaunchId,
  catalogue: Pick<Catalogue, 'name'>,
  { ec2 }: Session,
): Promise<FleetName> {
  const machine = (await ec2.machinesOfLaunch(launch)).find(isOurs);
  if (machine === undefined)
    throw new UsageError(`EC2 knows no machine of launch ${launch} that rolecall launched`, {
      hint: 'check the id, --region and --profile; rolecall status lists what there is',
    });
  const tag = (name: string) => (machine.tags[`rolecall:${name}`] ?? '') as PathName;
  if (tag('catalogue') !== catalogue.name)
    throw new UsageError(
      `launch ${launch} is of the catalogue "${tag('catalogue')}", and not of "${catalogue.name}"`,
      { hint: 'name the file of that catalogue: --catalogue FILE' },
    );
  return {
    catalogue: tag('catalogue'),
    role: tag('role'),
    environment: tag('environment'),
    context: tag('context'),
  };
}

async function show(
  { json }: TerminateWords,
  doomed: Doomed,
  { session: { ec2, records }, name }: EndPlace,
  { clock, terminal }: Host,
): Promise<ExitCode> {
  const book = await glimpse(records, fleetKey(name), clock);
  const fleet = await lookAtFleet(name, undefined, { ec2, records, clock, book });
  const members = doomedOf(fleet, doomed);
  const lines = memberLines(members, clock.now(), widthFor(terminal.stdout));
  const text = [`${counted(members.length, 'machine')} would be ended`, ...lines.map((line) => `  ${line}`)];
  await write(
    terminal.stdout,
    json ? jsonReport({ end: members.map(memberDocument) }) : `${text.join('\n')}\n`,
  );
  return exitCode('ok');
}

async function end(
  words: TerminateWords,
  doomed: Doomed,
  { session: { ec2, records }, name }: EndPlace,
  waitMs: number,
  host: Host,
): Promise<ExitCode> {
  const { clock, signal, terminal } = host;
  const launch = words.launch ?? '-';
  const book = await openFleetBook({ name, verb: 'terminate', launch, waitMs }, records, host);
  try {
    const agreed = (members: readonly Member[]) => askToEnd('terminate', members, name, words, host);
    const ended: Member[] = [];
    for await (const event of terminateFleet(name, doomed, {
      ec2,
      records,
      clock,
      book,
      signal,
      agreed,
    })) {
      if (event.type === 'machines-ended') ended.push(...event.members);
      for (const line of linesOf(event)) terminal.stderr.write(`${line}\n`);
    }
    await writeReport(
      terminal,
      words.json
        ? jsonReport({ ended: ended.map(memberDocument) })
        : `${counted(ended.length, 'machine')} terminated\n`,
    );
    return exitCode('ok');
  } finally {
    await book.close();
  }
}

const linesOf = (event: FleetEvent): string[] => {
  if (event.type === 'notice') return [event.text];
  return event.type === 'machines-ended'
    ? event.members.map(({ machine }) => `${machine.instanceId} terminated`)
    : [];
};
