import { expect, test } from '@jest/globals';
import { type Knowledge, lookUp } from '../../../src/schemes/personality/init-script.ts';
import { personalityPlan } from '../../../src/schemes/personality/plan.ts';

const ROLE = { environment: 'prod', context: 'b', machineId: undefined };
const nothing: Knowledge = () => 'absent';
const has =
  (script: string): Knowledge =>
  (each) =>
    each === script ? 'found' : 'absent';

const lines = (ami: Knowledge, build?: Knowledge, tag?: string) => {
  const { brief, start } = personalityPlan('web', lookUp(ROLE, ami, build), tag, 'role=web\n');
  const last = start.lines.at(-1);
  expect(brief).toEqual([['init', last?.text]]);
  return { winner: last?.text, candidates: start.lines.slice(0, -1).map(({ text }) => text) };
};

test('the script of the build runs, and the plan names the build', () => {
  const { winner, candidates } = lines(nothing, has('b/bootstrapper.sh'), 'v7');
  expect(winner).toBe('runs init/b/bootstrapper.sh of the build v7; it gets role=web');
  expect(candidates).toHaveLength(6);
  expect(candidates[4]).toMatch(/^5\. this one +init\/b\/bootstrapper\.sh \(build\)$/);
  expect(candidates[5]).toMatch(/^6\. not there +\/etc\/rolecall\/init\/b\/bootstrapper\.sh$/);
});

test('a script of the AMI runs where nothing stands before it', () => {
  expect(lines(has('b/prod/bootstrapper.sh'), nothing).winner).toBe(
    'runs /etc/rolecall/init/b/prod/bootstrapper.sh of the AMI; it gets role=web',
  );
});

test('what the AMI may have, and what would run then, is told', () => {
  const unknown: Knowledge = () => 'unknown';
  const { winner, candidates } = lines(unknown, has('b/bootstrapper.sh'));
  expect(winner).toBe(
    'runs init/b/bootstrapper.sh of the build, unless the AMI has /etc/rolecall/init/b/prod/bootstrapper.sh; it gets role=web',
  );
  expect(candidates[3]).toMatch(/^4\. perhaps there /);
  expect(lines(unknown, nothing).winner).toBe('one of the AMI, which is not known here');
});

test('no script at all would fail the boot', () => {
  expect(lines(nothing).winner).toBe('no init script: the boot would fail at init');
});
