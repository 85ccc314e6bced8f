import type { BuildAccess } from '../model.ts';
import type { Plan, PlannedBuild } from '../results/plan.ts';
import type { BootPlan, PlanRow } from '../schemes/boot-plan.ts';
import type { PlannedBundle } from '../schemes/start-up-bundle/plan.ts';
import type { Paint } from '../terminal/paint.ts';
import { counted, printable, sizeText, table, wrap } from '../text.ts';
import { buildDocument, manifestCommit } from './release.ts';
import { ageText } from './release-list.ts';
import { settingLines } from './roles.ts';

/**
 * The plan for people; ends with a newline.
 * @param columns width of the terminal that shows it; absent where it goes to a file or pipe, which get long lines
 */
export function renderPlan(plan: Plan, now: number, paint: Paint, columns?: number): string {
  const sections = [
    facts(
      [
        ['launch', plan.launch],
        ['role', `${plan.role} ${plan.environment}/${plan.context}${aside(plan.description)}`],
        ['catalogue', plan.catalogueFile],
        ['machines', `${plan.count} in ${batchText(plan)}`],
        ...buildRows(plan.build, now),
        ...plan.boot.rows,
      ],
      columns,
    ),
    [paint.strong('settings'), ...settingLines(plan.settings, paint, columns && columns - 2).map(indent)],
    [
      ...sentence(`${paint.strong('payload')} (${payloadText(plan)}; secrets are not shown)`, columns),
      ...plan.boot.payload.replace(/\n$/, '').split('\n').map(printable).map(indent),
    ],
    startLines(plan.boot, paint, columns),
    ...(plan.notes.length === 0
      ? []
      : [plan.notes.flatMap((note) => sentence(`note: ${printable(note)}`, columns))]),
    [paint.faint('nothing has been launched yet')],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The plan in a few lines, for the question that follows it: what has been picked stays on the screen above. */
export function renderBriefPlan(plan: Plan, now: number, columns: number): string {
  const set = (name: string) => plan.settings.find((setting) => setting.name === name)?.value;
  const place = set('subnet') ?? set('zone') ?? plan.region;
  const rows: PlanRow[] = [
    ['role', `${plan.role} ${plan.environment}/${plan.context}${aside(plan.description)}`],
    ['machines', `${plan.count} ${set('instance_type') ?? ''} in ${place}, from ${plan.ami}`],
    ['verdict', `within ${set('timeout') ?? ''} of running`],
    ...buildRows(plan.build, now),
    ['payload', payloadText(plan)],
    ...plan.boot.brief,
    ...plan.notes.map((note): PlanRow => ['', printable(note)]),
  ];
  return `${facts(rows, columns).join('\n')}\n`;
}

/** What runs on the box. */
function startLines({ start }: BootPlan, paint: Paint, columns: number | undefined): string[] {
  const inner = columns && columns - 2;
  return [
    ...sentence(`${paint.strong(start.title)} ${start.aside}`, columns),
    ...start.lines
      .flatMap(({ text, hang }) => (hang === undefined ? [text] : sentence(text, inner, hang)))
      .map(indent),
  ];
}

/** The build, how old it is, and how machines get at it. */
function buildRows(planned: PlannedBuild | undefined, now: number): [string, string][] {
  if (planned === undefined) return [];
  const { build, access, promoted } = planned;
  const by =
    promoted === undefined ? '' : `; promoted ${ageText(promoted.at, now)} by ${printable(promoted.by)}`;
  return [
    ['build', `${build.app} ${build.tag}, ${manifestCommit(build)}`],
    [
      '',
      `${sizeText(build.size)}, published ${ageText(build.createdAt, now)} by ${printable(build.by)}${by}`,
    ],
    ['', `machines fetch it ${ACCESS[access]}`],
  ];
}

const ACCESS = {
  presigned: 'by a URL in their payload, good for 7 days at most',
  profile: 'with their instance profile',
  public: 'openly',
} as const satisfies Record<BuildAccess, string>;

/** Names and values in two columns; a long value goes on below itself. */
function facts(rows: readonly PlanRow[], columns: number | undefined): string[] {
  const hang = Math.max(...rows.map(([name]) => name.length)) + 2;
  return table(rows).flatMap((line) => sentence(line, columns, hang));
}

const sentence = (text: string, columns: number | undefined, hang = 2): string[] =>
  columns === undefined ? [text] : wrap(text, columns, hang);

const payloadText = ({ payload: { bytes, limit, estimated } }: Plan): string =>
  `${estimated ? 'about ' : ''}${bytes} of ${limit} bytes, ${Math.ceil((bytes / limit) * 100)} %`;

/** The plan as data: `plan --output json`. */
export const planDocument = (plan: Plan) => ({
  launch: plan.launch,
  catalogue_file: plan.catalogueFile,
  role: plan.role,
  environment: plan.environment,
  context: plan.context,
  description: plan.description ?? null,
  region: plan.region,
  ami: plan.ami,
  count: plan.count,
  batches: plan.batches.map(({ batch, count, clientToken }) => ({
    batch,
    count,
    client_token: clientToken ?? null,
  })),
  settings: plan.settings,
  payload: plan.payload,
  build: plan.build === undefined ? null : buildPlanDocument(plan.build),
  bundle: plan.bundle === undefined ? null : bundleDocument(plan.bundle),
  /** Where the box looks, in order. */
  init_candidates: plan.init?.candidates.map(({ path }) => path) ?? [],
  init:
    plan.init === undefined
      ? null
      : {
          candidates: plan.init.candidates,
          winner: plan.init.winner ?? null,
          certain: plan.init.certain,
        },
  notes: plan.notes,
});

const buildPlanDocument = ({ build, access, promoted }: PlannedBuild) => ({
  ...buildDocument(build),
  fetch: access,
  promoted: promoted === undefined ? null : { at: new Date(promoted.at).toISOString(), by: promoted.by },
});

const bundleDocument = (bundle: PlannedBundle) => ({
  modules: bundle.modules.map(({ name, description, origin, timeoutMs, variables }) => ({
    name,
    description,
    origin,
    timeout_ms: timeoutMs,
    variables,
  })),
  files: bundle.files,
  bytes: bundle.bytes,
  tar_sha256: bundle.tarSha256,
  compression: bundle.compression,
  access: bundle.access,
  expires_ms: bundle.expiresMs,
  outside: bundle.outside,
});

const indent = (line: string): string => `  ${line}`.trimEnd();

const aside = (text: string | undefined): string => (text === undefined ? '' : `: ${printable(text)}`);

function batchText({ batches }: Plan): string {
  const sizes = [...new Set(batches.map((batch) => batch.count))];
  const calls = counted(batches.length, 'RunInstances call');
  return batches.length > 1 && sizes.length === 1 ? `${calls} of ${sizes[0]}` : calls;
}
