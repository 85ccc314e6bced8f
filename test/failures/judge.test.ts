import { expect, test } from '@jest/globals';
import { clustering } from './clustering.ts';
import { type Came, type Told, wrongWith } from './judge.ts';
import type { Truth } from './truth.ts';

const CAUSE = 'The file /dev/xvdf does not exist';

const truthOf = (more: Partial<Truth> = {}): Truth => {
  const name = more.name ?? 'mkfs';
  const rest = {
    scheme: 'personality',
    script: `${name}.sh`,
    status: 1,
    played: false,
    blind: false,
  } as const;
  return { name, root: name, cause: CAUSE, accept: [], ...rest, ...more };
};
const cameOf = (truth: Truth, error: string | null, more: Partial<Told> = {}): Came => ({
  truth,
  failure: { step: 'init', status: 1, error, excerpt: [], ...more },
});

test('a reason is right when its error contains the cause, or another line that tells it', () => {
  expect(wrongWith(cameOf(truthOf(), `${CAUSE} and no size was specified.`))).toEqual([]);
  expect(wrongWith(cameOf(truthOf({ accept: ['no size'] }), 'no size was specified'))).toEqual([]);
  expect(wrongWith(cameOf(truthOf(), 'mke2fs 1.47.0'))).toEqual([
    `error: expected "${CAUSE}", came "mke2fs 1.47.0"`,
  ]);
  expect(wrongWith(cameOf(truthOf(), null))).toHaveLength(1);
});

test('where a script printed no cause, an error that is not its command is wrong', () => {
  const silent = truthOf({ cause: null, command: 'grep -q' });
  const command = 'grep -q shop /etc/passwd';
  expect(wrongWith(cameOf(silent, null, { command }))).toEqual([]);
  expect(wrongWith(cameOf(silent, `${command} printed nothing`, { command }))).toEqual([]);
  expect(wrongWith(cameOf(silent, 'error pages installed', { command }))).toHaveLength(1);
});

test.each<[string, Partial<Truth>, Partial<Told>]>([
  ['status', {}, { status: 2 }],
  ['command', { command: 'mkfs' }, { command: 'mount /data' }],
  ['line', { line: 4 }, { location: { file: 'b/prod/bootstrapper.sh', line: 5 } }],
  ['file', { file: '/opt/lib.sh' }, { location: { file: '/opt/other.sh', line: 5 } }],
  ['function', { function: 'deploy' }, {}],
  ['signal', { signal: 'SIGKILL' }, { signal: 'SIGTERM' }],
])('another %s than the truth names is wrong', (what, truth, told) => {
  const wrong = wrongWith(cameOf(truthOf(truth), CAUSE, told));
  expect(wrong).toEqual([expect.stringMatching(`^${what}: `)]);
});

test('a machine that did not fail is wrong', () => {
  expect(wrongWith({ truth: truthOf(), trouble: 'the machine is succeeded' })).toHaveLength(1);
});

test('one cause in one cluster is together, in two apart; two causes in one cluster are merged', () => {
  const first = truthOf({ name: 'first' });
  const again = truthOf({ name: 'again', root: 'first' });
  const other = truthOf({ name: 'other', cause: 'The file /dev/xvdg does not exist' });
  const place = ({ name }: Truth, line: number) => ({
    command: 'mkfs.ext4 "$device"',
    location: { file: `${name}/prod/bootstrapper.sh`, line },
  });
  expect(clustering([first, again].map((truth) => cameOf(truth, CAUSE, place(truth, 4))))).toEqual({
    repeated: 1,
    together: ['again and first'],
    apart: [],
    merged: [],
  });
  const apart = [cameOf(first, CAUSE), cameOf(again, 'no network', { status: 7, step: 'deploy.fetch' })];
  expect(clustering(apart)).toMatchObject({ together: [], apart: ['again and first'] });
  const merged = [first, other].map((truth) => cameOf(truth, CAUSE, place(truth, 4)));
  expect(clustering(merged).merged).toEqual(['first and other']);
});
