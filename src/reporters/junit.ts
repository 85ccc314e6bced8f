import { XMLBuilder } from 'fast-xml-parser';
import { NO_VERDICT } from '../results/clusters.ts';
import { type LaunchMeta, notLaunched, tally } from '../results/document.ts';
import { failedCommand, type MachineRow, stepWords } from '../results/row.ts';
import type { LaunchView } from '../results/state.ts';
import { printable } from '../text.ts';
import { notesOf, statusOf } from './status.ts';

const builder = new XMLBuilder({
  format: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#',
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
});

type Attributes = Readonly<Record<`@${string}`, string | number>>;
type Problem = Attributes & { readonly '#': string };

interface TestCase extends Readonly<Record<`@${string}`, string | number>> {
  readonly failure?: Problem;
  readonly error?: Problem;
  readonly 'system-out'?: string;
}

/**
 * A launch as JUnit XML, the report of tests that CI systems read: a test case for each machine asked for. Failed ones
 * are failures; silent and lost ones, and those that AWS didn't give, are errors. Ends with a newline.
 * @see https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
 * @see https://docs.gitlab.com/ci/testing/unit_test_reports/
 */
export function junitReport(view: LaunchView, launch: LaunchMeta): string {
  const classname = classnameOf(launch);
  const machines = [...view.machines.values()];
  const cases = [...machines.map((row) => machineCase(row, classname)), ...missingCases(view, classname)];
  const { failed } = tally(view);
  return suiteText(launch, cases, {
    failed,
    longestMs: Math.max(0, ...machines.map(lasted)),
    startedAt: view.startedAt,
  });
}

/** The report of a launch that is still to end: one error, which the launch's own report replaces. */
export function unfinishedJunitReport(launch: LaunchMeta): string {
  const reason = `launch ${launch.id} did not end: rolecall was stopped, or refused the launch; see its output`;
  const unfinished: TestCase = {
    '@name': 'launch',
    '@classname': xmlText(classnameOf(launch)),
    '@time': seconds(0),
    error: problem('unfinished', reason, []),
  };
  return suiteText(launch, [unfinished], { failed: 0, longestMs: 0, startedAt: undefined });
}

const classnameOf = ({ catalogue, role, environment, context }: LaunchMeta): string =>
  [catalogue, role, environment, context].join('.');

interface SuiteFacts {
  readonly failed: number;
  readonly longestMs: number;
  /** Epoch milliseconds. */
  readonly startedAt: number | undefined;
}

function suiteText(launch: LaunchMeta, cases: readonly TestCase[], facts: SuiteFacts): string {
  const counts = {
    '@tests': cases.length,
    '@failures': facts.failed,
    '@errors': cases.filter(({ error }) => error !== undefined).length,
    '@time': seconds(facts.longestMs),
  };
  const suite = {
    '@name': xmlText(`${launch.role} ${launch.environment}/${launch.context}`),
    ...counts,
    '@skipped': 0,
    ...(facts.startedAt !== undefined && {
      '@timestamp': new Date(facts.startedAt).toISOString().slice(0, 19),
    }),
    properties: { property: propertiesOf(launch) },
    testcase: cases,
  };
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: { '@name': 'rolecall', ...counts, testsuite: suite },
  });
}

function propertiesOf(launch: LaunchMeta): Attributes[] {
  const values: [string, string | undefined][] = [
    ['launch', launch.id],
    ['catalogue', launch.catalogue],
    ['catalogue_sha256', launch.catalogue_sha256],
    ['role', launch.role],
    ['environment', launch.environment],
    ['context', launch.context],
    ['region', launch.region],
    ['ami', launch.ami],
    ['build', launch.build?.tag],
    ['bundle_sha256', launch.bundle_sha256],
    ['boot_budget_ms', launch.boot_budget_ms?.toString()],
  ];
  return values.flatMap(([name, value]) =>
    value === undefined ? [] : [{ '@name': `rolecall.${name}`, '@value': xmlText(value) }],
  );
}

function machineCase(row: MachineRow, classname: string): TestCase {
  const { machine, verdict, steps } = row;
  const out = [
    `${machine.instanceType} in ${machine.zone}`,
    ...steps.map(({ name, status, ms }) => `${stepWords(name)}: status ${status} in ${seconds(ms)} s`),
    ...(verdict?.overBudget && verdict.outcome === 'succeeded' ? [`warning: ${notesOf(row)}`] : []),
  ];
  return {
    '@name': machine.instanceId,
    '@classname': xmlText(classname),
    '@time': seconds(lasted(row)),
    ...problemOf(verdict, row),
    'system-out': xmlText(out.join('\n')),
  };
}

function problemOf(verdict: MachineRow['verdict'], row: MachineRow): Pick<TestCase, 'failure' | 'error'> {
  if (verdict === undefined) return { error: problem('silent', NO_VERDICT, []) };
  switch (verdict.outcome) {
    case 'succeeded':
      return {};
    case 'failed': {
      const { failure } = verdict;
      const { step, error, reason, hint, excerpt } = failure;
      const command = failedCommand(failure);
      const said = error ?? reason;
      const words = statusOf(row, row.verdictAt ?? row.seenAt).words;
      return {
        failure: problem(stepWords(step), said === undefined ? words : `${words}: ${said}`, [
          ...(command === '' ? [] : [command]),
          ...(hint === undefined ? [] : [`→ ${hint}`]),
          ...excerpt,
        ]),
      };
    }
    case 'silent':
    case 'lost':
      return {
        error: problem(verdict.outcome, `${verdict.outcome}: ${verdict.reason}`, verdict.excerpt),
      };
  }
}

/** The body repeats the message: GitLab shows nothing else. */
const problem = (type: string, message: string, excerpt: readonly string[]): Problem => ({
  '@message': xmlText(message),
  '@type': xmlText(type),
  '#': [message, ...excerpt].map(xmlText).join('\n'),
});

function missingCases(view: LaunchView, classname: string): TestCase[] {
  const reasons = view.refused.flatMap(({ missing, error }) =>
    Array.from({ length: missing }, () => error.message),
  );
  return Array.from({ length: notLaunched(view) }, (_, index) => ({
    '@name': `machine ${view.machines.size + index + 1} of ${view.requested}`,
    '@classname': xmlText(classname),
    '@time': seconds(0),
    error: problem('not launched', `not launched: ${reasons[index] ?? 'AWS was not asked for it'}`, []),
  }));
}

/** Milliseconds from EC2's launch time to the verdict; without one, those that were waited. */
function lasted({ verdict, verdictAt, seenAt }: MachineRow): number {
  if (verdict === undefined) return 0;
  const bootMs = 'bootMs' in verdict ? verdict.bootMs : undefined;
  return bootMs ?? Math.max(0, (verdictAt ?? seenAt) - seenAt);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** What XML 1.0 can't hold, even escaped: control characters, lone surrogates, U+FFFE and U+FFFF (https://www.w3.org/TR/xml/#charsets). */
const xmlText = (text: string): string =>
  text
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[\ufffe\uffff]/g, '');
