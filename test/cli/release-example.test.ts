import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseArguments } from '../../src/cli/parser.ts';
import { findCommand } from '../../src/cli/registry.ts';
import { packageRoot } from '../../src/files/package-root.ts';

interface Workflow {
  readonly jobs: {
    readonly publish: { readonly steps: readonly { readonly run?: string; readonly with?: object }[] };
  };
}

const workflow: Workflow = parse(readFileSync(join(packageRoot(), 'docs/examples/release.yml'), 'utf8'));
const { steps } = workflow.jobs.publish;

test('the example for CI fetches the history, which builds are named by', () => {
  expect(steps.some((step) => step.with !== undefined && 'fetch-depth' in step.with)).toBe(true);
});

test.each(steps.flatMap(({ run = '' }) => (run.startsWith('rolecall ') ? [run] : [])))(
  'its command line is one that rolecall takes: %s',
  async (line) => {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    const called = findCommand(words.slice(1));
    if (called === undefined) throw new Error(`there is no command in: ${line}`);
    const parsed = await parseArguments(called.entry, await called.entry.load(), called.rest, 80);
    expect(parsed).toMatchObject({ kind: 'run', values: { app: 'shop', environment: 'staging' } });
  },
);
