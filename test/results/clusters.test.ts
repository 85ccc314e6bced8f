import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clustersOf, excerptOf, sentenceOf } from '../../src/results/clusters.ts';
import { launchDocument } from '../../src/results/document.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import {
  begin,
  boot,
  ended,
  FAILED,
  fold,
  fortyInThree,
  LOST,
  META,
  moduleFailed,
  NEVER_BOOTED,
  SILENT,
  SUCCEEDED,
} from '../reporters/support.ts';
import { anyCharacter, holds } from '../support/property.ts';

const sentences = (view: Parameters<typeof clustersOf>[0]) =>
  clustersOf(view).map((cluster) => sentenceOf(cluster, view.machines.size));

describe('the clusters of a launch', () => {
  test('put machines with the same trouble together, the largest first, in the words of the first', () => {
    expect(sentences(fortyInThree())).toEqual([
      '35 of 40 failed at module rabbitmq (status 100): E: Unable to locate package rabbitmq-server (asked 10.0.0.0:3142 for 2 s)',
      '3 of 40 never booted: still pending after 600 s',
      '2 of 40 lost: Server.SpotInstanceTermination: Spot took the machine back',
    ]);
  });

  test('keep steps and outcomes apart', () => {
    const elsewhere: Verdict = { ...FAILED, failure: { ...FAILED.failure, step: 'deploy.fetch' } };
    expect(clustersOf(ended([FAILED, elsewhere])).map(({ step }) => step)).toEqual(['deploy.fetch', 'init']);
  });

  const failedWith = (changes: Partial<typeof FAILED.failure>): Verdict => ({
    ...FAILED,
    failure: { ...FAILED.failure, ...changes },
  });

  test.each([
    ['status', { status: 4 }],
    ["command's own status", { commandStatus: 126 }],
    ['signal', { signal: 'SIGKILL' }],
    ['command', { command: 'memcachd -d "$other"' }],
    ['port', { error: 'connect to 10.0.0.1:5433 refused' }],
    ['package', { error: 'E: Unable to locate package postgresql-16' }],
  ])('keep failures of another %s apart, each with its own excerpt', (_, changes) => {
    const one = { error: 'connect to 10.0.0.1:5432 refused', excerpt: ['one'] };
    const package15 = { error: 'E: Unable to locate package postgresql-15', excerpt: ['one'] };
    const base = 'error' in changes && changes.error.startsWith('E: ') ? package15 : one;
    const other = { ...base, excerpt: ['other'], ...changes };
    const clusters = clustersOf(ended([failedWith(base), failedWith(other)]));
    expect(clusters.map((cluster) => excerptOf(cluster).lines)).toEqual([['one'], ['other']]);
  });

  test('put failures of one command together, wherever it stands and whatever its addresses', () => {
    const at = (line: number, error: string) =>
      failedWith({ location: { file: 'b/prod/bootstrapper.sh', line }, error });
    const view = ended([
      at(7, 'connect to 10.0.0.1:5432 refused'),
      at(9, 'connect to 10.0.0.9:5432 refused'),
    ]);
    expect(clustersOf(view)).toHaveLength(1);
  });

  test('keep two places of a bare exit apart that print nothing', () => {
    const at = (line: number) =>
      failedWith({
        command: 'exit 3',
        error: 'exit 3 printed nothing',
        excerpt: [],
        location: { file: 'x', line },
      });
    expect(clustersOf(ended([at(7), at(9), at(7)])).map(({ rows }) => rows.length)).toEqual([2, 1]);
  });

  test('show of a long excerpt the lines around the error', () => {
    const excerpt = [
      'before',
      'E: no such package',
      ...Array.from({ length: 20 }, (_, index) => `clean-up ${index}`),
    ];
    const [cluster] = clustersOf(ended([failedWith({ error: 'E: no such package', excerpt })]));
    expect(cluster && excerptOf(cluster, 4)).toEqual({ lines: excerpt.slice(0, 4), before: 0 });
  });

  test('hold machines that have no verdict yet', () => {
    expect(sentences(fold([...begin(3), ...boot(1, SUCCEEDED)]))).toEqual(['2 of 3 no verdict yet']);
  });

  test('of nothing but success are none', () => {
    expect(clustersOf(ended([SUCCEEDED, SUCCEEDED]))).toEqual([]);
  });

  test('hold every machine without success once, the largest first, then by step', () => {
    const verdicts = fc.oneof(
      fc.constantFrom(SUCCEEDED, FAILED, SILENT, LOST, NEVER_BOOTED),
      fc.nat(200).map(moduleFailed),
      fc.string({ unit: anyCharacter }).map((text): Verdict => ({ ...LOST, reason: text })),
    );
    holds(
      fc.property(fc.array(verdicts, { maxLength: 30 }), fc.nat(3), (list, open) => {
        const view = fold([
          ...begin(list.length + open),
          ...list.flatMap((verdict, index) => boot(index, verdict)),
        ]);
        const { clusters, machines } = launchDocument(view, META);
        const without = machines.filter(({ verdict }) => verdict !== 'succeeded');
        expect(clusters.flatMap(({ instance_ids: ids }) => ids).sort()).toEqual(
          without.map(({ instance_id: id }) => id).sort(),
        );
        for (const { outcome, count, instance_ids: ids, example } of clusters) {
          expect({ count, example }).toEqual({ count: ids.length, example: ids[0] });
          for (const id of ids)
            expect(machines.find(({ instance_id }) => instance_id === id)?.verdict).toBe(outcome);
        }
        const order = clusters.map(({ count, step }) => [-count, step ?? '\uffff'] as const);
        expect([...order].sort(([a, x], [b, y]) => a - b || (x < y ? -1 : x > y ? 1 : 0))).toEqual(order);
      }),
    );
  });
});
