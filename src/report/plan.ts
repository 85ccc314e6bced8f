import type { Paint } from '../io/paint.ts';
import { counted, printable, table, wrap } from '../io/text.ts';
import { settingLines } from './roles.ts';
import type { Setting } from './settings.ts';

/** All that a launch would do, with nothing done. Holds no secret: the payload's text is redacted already. */
export interface Plan {
  readonly launch: string;
  /** The catalogue file, as the user would name it. */
  readonly catalogueFile: string;
  readonly role: string;
  readonly environment: string;
  readonly context: string;
  readonly description?: string | undefined;
  readonly region: string;
  readonly ami: string;
  readonly count: number;
  /** One RunInstances call each, in order. */
  readonly batches: readonly {
    readonly batch: number;
    readonly count: number;
    readonly clientToken?: string;
  }[];
  readonly settings: readonly Setting[];
  readonly payload: {
    readonly bytes: number;
    /** Bytes that EC2 takes at most. */
    readonly limit: number;
    /** Redacted. */
    readonly text: string;
  };
  /** Paths that the box will try, in order: the first that exists is run. */
  readonly initCandidates: readonly string[];
  readonly notes: readonly string[];
}

/**
 * The plan for people; ends with a newline.
 * @param columns width of the terminal that shows it; absent where it goes to a file or pipe, which get long lines
 */
export function renderPlan(plan: Plan, paint: Paint, columns?: number): string {
  const { payload } = plan;
  const sections = [
    facts(
      [
        ['launch', plan.launch],
        ['role', `${plan.role} ${plan.environment}/${plan.context}${aside(plan.description)}`],
        ['catalogue', plan.catalogueFile],
        ['machines', `${plan.count} in ${batchText(plan)}`],
      ],
      columns,
    ),
    [paint.strong('settings'), ...settingLines(plan.settings, paint, columns && columns - 2).map(indent)],
    [
      ...sentence(`${paint.strong('payload')} (${sizeText(plan)}; secrets are not shown)`, columns),
      ...payload.text.replace(/\n$/, '').split('\n').map(printable).map(indent),
    ],
    [
      ...sentence(`${paint.strong('init script')} (the box runs the first that exists)`, columns),
      ...plan.initCandidates.map((path, index) => indent(`${index + 1}. ${printable(path)}`)),
    ],
    ...(plan.notes.length === 0
      ? []
      : [plan.notes.flatMap((note) => sentence(`note: ${printable(note)}`, columns))]),
    [paint.faint('nothing has been launched yet')],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The plan in a few lines, for the question that follows it: what has been picked stays on the screen above. */
export function renderBriefPlan(plan: Plan, columns: number): string {
  const set = (name: string) => plan.settings.find((setting) => setting.name === name)?.value;
  const place = set('subnet') ?? set('zone') ?? plan.region;
  const rows: [string, string][] = [
    ['role', `${plan.role} ${plan.environment}/${plan.context}${aside(plan.description)}`],
    ['machines', `${plan.count} ${set('instance_type') ?? ''} in ${place}, from ${plan.ami}`],
    ['verdict', `within ${set('timeout') ?? ''} of running`],
    ['payload', sizeText(plan)],
    ...plan.initCandidates.map((path, index): [string, string] => [
      index === 0 ? 'init' : '',
      `${index + 1}. ${printable(path)}`,
    ]),
    ...plan.notes.map((note): [string, string] => ['', printable(note)]),
  ];
  return `${facts(rows, columns).join('\n')}\n`;
}

/** A numbered path, which stays in one piece. */
const isPath = (line: string): boolean => / \d\. \//.test(line);

/** Names and values in two columns; a long value goes on below itself. */
function facts(rows: readonly (readonly [string, string])[], columns: number | undefined): string[] {
  const hang = Math.max(...rows.map(([name]) => name.length)) + 2;
  return table(rows).flatMap((line) => (isPath(line) ? [line] : sentence(line, columns, hang)));
}

const sentence = (text: string, columns: number | undefined, hang = 2): string[] =>
  columns === undefined ? [text] : wrap(text, columns, hang);

const sizeText = ({ payload: { bytes, limit } }: Plan): string =>
  `${bytes} of ${limit} bytes, ${Math.ceil((bytes / limit) * 100)} %`;

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
  init_candidates: plan.initCandidates,
  notes: plan.notes,
});

const indent = (line: string): string => `  ${line}`.trimEnd();

const aside = (text: string | undefined): string => (text === undefined ? '' : `: ${printable(text)}`);

function batchText({ batches }: Plan): string {
  const sizes = [...new Set(batches.map((batch) => batch.count))];
  const calls = counted(batches.length, 'RunInstances call');
  return batches.length > 1 && sizes.length === 1 ? `${calls} of ${sizes[0]}` : calls;
}
