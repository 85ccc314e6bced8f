import type { Paint } from '../io/paint.ts';
import { counted, printable, table } from '../io/text.ts';
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

/** The plan for people; ends with a newline. */
export function renderPlan(plan: Plan, paint: Paint): string {
  const { payload } = plan;
  const percent = Math.ceil((payload.bytes / payload.limit) * 100);
  const sections = [
    table([
      ['launch', plan.launch],
      ['role', `${plan.role} ${plan.environment}/${plan.context}${aside(plan.description)}`],
      ['catalogue', plan.catalogueFile],
      ['machines', `${plan.count} in ${batchText(plan)}`],
    ]),
    [paint.strong('settings'), ...settingLines(plan.settings, paint).map(indent)],
    [
      `${paint.strong('payload')} (${payload.bytes} of ${payload.limit} bytes, ${percent} %; secrets are not shown)`,
      ...payload.text.replace(/\n$/, '').split('\n').map(printable).map(indent),
    ],
    [
      `${paint.strong('init script')} (the box runs the first that exists)`,
      ...plan.initCandidates.map((path, index) => indent(`${index + 1}. ${printable(path)}`)),
    ],
    ...(plan.notes.length === 0 ? [] : [plan.notes.map((note) => `note: ${printable(note)}`)]),
    [paint.faint('nothing has been launched yet')],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

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
