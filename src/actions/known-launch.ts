/** A launch that an earlier command began: what it is comes from its record, else from its machines' tags. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { AwsError, RolecallError, UsageError } from '../errors.ts';
import { type Batch, type LaunchRecord, readBatches, readLaunch } from '../launch/book.ts';
import { answeredMachine } from '../launch/living.ts';
import type { LaunchId, Machine } from '../model.ts';
import type { LaunchMeta } from '../results/document.ts';
import { type BootBudget, budgetOfEarlier } from '../watch/budget.ts';
import { roleFrom } from './launch-request.ts';
import { regionFor } from './region.ts';
import type { Runtime } from './runtime.ts';
import {
  type CloudChoice,
  inSession,
  openCatalogue,
  openSession,
  type Session,
  type SessionPlace,
} from './session.ts';

export interface KnownInput extends CloudChoice {
  readonly launch: LaunchId;
  readonly timeout?: string | undefined;
}

export interface KnownLaunch {
  readonly session: Session;
  readonly meta: LaunchMeta;
  /** How many machines were asked for, and how many of these AWS gave; undefined where no record tells. */
  readonly requested: number | undefined;
  readonly launched: number | undefined;
  /** What EC2 has answered with, as the records tell: these machines may be long gone. */
  readonly answered: readonly Machine[];
  /** Follow just these; undefined where all count that carry the launch's tag. */
  readonly machines: readonly Machine[] | undefined;
  readonly timeoutMs: number;
  readonly patterns: Role['patterns'];
  readonly budget: BootBudget | undefined;
}

/**
 * Opens the records of launches, as the catalogue and the place tell where they are.
 * @throws UsageError for a catalogue that was named and is wrong
 */
export async function withRecords<T>(
  words: KnownInput,
  runtime: Runtime,
  work: (session: Pick<Session, 'records' | 'followUp'>) => Promise<T>,
): Promise<T> {
  return await inSession(await recordsPlace(words, runtime), runtime, work);
}

/** Where the records are. One may tell of another region than the catalogue: it is read first, where it lies on this computer. */
async function recordsPlace(words: KnownInput, runtime: Runtime): Promise<SessionPlace> {
  const catalogue = await catalogueFor(words, runtime);
  const region = words.region ?? catalogue?.region ?? (await regionFor(words, runtime, ANY_REGION));
  return { choice: words, region, catalogue };
}

/**
 * Finds a launch and connects to its cloud; the caller closes the session.
 * @param timeoutMs where no catalogue tells
 * @throws UsageError where neither records nor EC2 know the launch
 */
export async function openKnownLaunch(
  input: KnownInput,
  timeoutMs: number,
  runtime: Runtime,
): Promise<KnownLaunch> {
  const place = await recordsPlace(input, runtime);
  const opened = await openSession(place, runtime);
  try {
    return await knownLaunch(input, timeoutMs, place, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function knownLaunch(
  input: KnownInput,
  timeoutMs: number,
  place: SessionPlace,
  opened: Session,
): Promise<KnownLaunch> {
  const { records, catalogue, runtime } = opened;
  const { launch } = input;
  const record = await readableRecord(records, launch);
  const region = input.region ?? record?.region ?? (await regionFor(input, runtime));
  const session = region === opened.region ? opened : await openSession({ ...place, region }, runtime);
  const found = record === undefined ? await metaFromTags(launch, session) : metaOf(record);
  const role = await judging(input, found, timeoutMs, catalogue);
  const budget = budgetOf(record, role);
  const batches = record === undefined ? undefined : await readBatches(records, launch);
  return {
    session: { ...session, records },
    meta: { ...found, ...(budget && { boot_budget_ms: budget.ms }) },
    requested: record?.requested,
    launched: launchedIn(batches),
    answered: (batches ?? []).flatMap(({ answer }) => answer?.machines.map(answeredMachine) ?? []),
    machines: record === undefined ? undefined : await withoutReplaced(record, launch, session),
    timeoutMs: role.timeoutMs,
    patterns: role.patterns,
    budget,
  };
}

/** The launch's own budget, else the one that the catalogue sets now. */
function budgetOf(
  record: LaunchRecord | undefined,
  { bootBudgetMs, patterns }: Pick<Role, 'bootBudgetMs' | 'patterns'>,
): BootBudget | undefined {
  const ms = record?.boot_budget_ms ?? bootBudgetMs;
  return ms === undefined
    ? undefined
    : budgetOfEarlier(patterns, { ms, strict: record?.strict_budget ?? false });
}

/** Only where the record is looked for: it tells the launch's own region. */
const ANY_REGION = 'us-east-1';

/** The catalogue, where there is one; watching needs none. @throws UsageError for one that was named and is wrong */
async function catalogueFor(words: KnownInput, runtime: Runtime): Promise<Catalogue | undefined> {
  try {
    return await openCatalogue(words, runtime);
  } catch (error) {
    if (!(error instanceof RolecallError) || words.catalogue !== undefined) throw error;
    return undefined;
  }
}

/** The launch's record; undefined where there is none, or where these credentials may watch and not read the bucket. */
async function readableRecord(
  records: Session['records'],
  launch: LaunchId,
): Promise<LaunchRecord | undefined> {
  try {
    return await readLaunch(records, launch);
  } catch (error) {
    if (error instanceof AwsError && (error.kind === 'permission' || error.kind === 'invalid'))
      return undefined;
    throw error;
  }
}

/** How many machines EC2 has given; undefined while a batch is open. */
const launchedIn = (batches: readonly Batch[] | undefined): number | undefined =>
  batches
    ?.map(({ answer }) => answer?.machines.length)
    .reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0);

/**
 * The living machines, where there are as many as were asked for: then those that ended were replaced when the launch
 * was run again, and are no part of it any more.
 */
async function withoutReplaced(
  { requested }: LaunchRecord,
  launch: LaunchId,
  { ec2 }: Session,
): Promise<readonly Machine[] | undefined> {
  const machines = await ec2.machinesOfLaunch(launch);
  const living = machines.filter(({ state }) => state !== 'terminated' && state !== 'shutting-down');
  return living.length < machines.length && living.length >= requested ? living : undefined;
}

const metaOf = (record: LaunchRecord): LaunchMeta => ({
  id: record.launch,
  catalogue: record.catalogue,
  role: record.role,
  environment: record.environment,
  context: record.context,
  catalogue_sha256: record.catalogue_sha256,
  region: record.region,
  ami: record.ami,
  ...(record.build && { build: record.build }),
  ...(record.bundle && { bundle_sha256: record.bundle.sha256 }),
});

async function metaFromTags(launch: LaunchId, { ec2, region }: Session): Promise<LaunchMeta> {
  const [machine] = await ec2.machinesOfLaunch(launch);
  if (machine === undefined) {
    throw new UsageError(`EC2 knows no machine of launch ${launch} in ${region}`, {
      hint: 'check the id, --region, --profile and --catalogue, whose bucket holds the records; EC2 forgets terminated machines after about an hour\nrolecall status lists the machines that there are',
    });
  }
  const tag = (name: string) => machine.tags[`rolecall:${name}`] ?? '';
  return {
    id: launch,
    catalogue: tag('catalogue'),
    role: tag('role'),
    environment: tag('environment'),
    context: tag('context'),
    catalogue_sha256: '',
    region,
    ami: amiOf(machine),
    ...(tag('build') !== '' && {
      build: { tag: tag('build'), app: null, commit: null, sha256: null, created: null },
    }),
  };
}

const amiOf = (machine: Machine): string => machine.imageId ?? '';

/** How long to wait and what patterns count: the catalogue's word where it still has the role, else the defaults. */
async function judging(
  words: KnownInput,
  meta: LaunchMeta,
  withoutCatalogueMs: number,
  catalogue: Catalogue | undefined,
): Promise<Pick<Role, 'timeoutMs' | 'patterns' | 'bootBudgetMs'>> {
  try {
    if (catalogue === undefined) return { timeoutMs: withoutCatalogueMs, patterns: {} };
    return await roleFrom(catalogue, meta, { timeout: words.timeout });
  } catch (error) {
    // The role may be gone from it; but a catalogue that was named must be right.
    if (!(error instanceof RolecallError) || words.catalogue !== undefined) throw error;
    return { timeoutMs: withoutCatalogueMs, patterns: {} };
  }
}
