import { describe, expect, test } from '@jest/globals';
import { ConflictError } from '../../src/errors.ts';
import {
  entered,
  left,
  NO_RECORD,
  type OpenEntry,
  parseRecord,
  readFleetRecord,
  toText,
  withdrawn,
  withEnds,
  withoutOld,
} from '../../src/fleet/record.ts';
import type { LaunchId } from '../../src/model.ts';
import { instanceId, NOON } from './machines.ts';

const AT = new Date(NOON).toISOString();
const batch = (launch: string, number: number): OpenEntry => ({
  ...{ kind: 'batch', launch: launch as LaunchId, batch: number, count: 3 },
});
const end: OpenEntry = { kind: 'end', how: 'terminate', instance_ids: [instanceId(1), instanceId(2)] };

describe('a fleet’s record', () => {
  test('is read as it was written', () => {
    const record = entered(entered(NO_RECORD, batch('one', 1), AT), end, AT);
    expect(parseRecord(toText(record), 's3://b/k')).toEqual(record);
  });

  test.each(['', '{', 'null', '[]', '{"version":2}', '{"version":1,"move":"1"}', '{"version":1,"move":1}'])(
    'damaged (%j): a conflict that names it and tells what to do',
    (text) => {
      expect(() => parseRecord(text, 's3://b/k')).toThrow(ConflictError);
      expect(() => parseRecord(text, 's3://b/k')).toThrow(/s3:\/\/b\/k is damaged/);
    },
  );

  test.each<[string, object]>([
    ['a holder without a process', { holder: { id: 'x', by: 'y', host: 'z', verb: 'scale' } }],
    ['an open entry of no kind', { open: [{ launch: 'one', batch: 1, count: 3 }] }],
    ['an open end of no machine ids', { open: [{ kind: 'end', how: 'terminate', instance_ids: ['web-1'] }] }],
    ['an end that is no way to end', { open: [{ kind: 'end', how: 'reboot', instance_ids: [] }] }],
    ['a recent end without a date', { recent_ends: [{ instance_ids: [], at: 'yesterday' }] }],
    ['a recent launch with a path for an id', { recent_launches: [{ launch: '../x', at: AT }] }],
    ['a target below none', { target: -1 }],
    ['a replacement without its machines', { replacing: { size: 3 } }],
  ])('with %s: damaged', (_, part) => {
    expect(() => parseRecord(JSON.stringify({ ...NO_RECORD, ...part }), 's3://b/k')).toThrow(ConflictError);
  });

  describe('that the store gives as it gave it', () => {
    const readingOf = (...texts: readonly (string | Error)[]) => {
      let reads = 0;
      const version = async () => {
        const text = texts[reads++] ?? '';
        if (text instanceof Error) throw text;
        return { text, etag: 'e', at: NOON };
      };
      const record = readFleetRecord({ version, locate: () => 's3://b/k' } as never, 'k');
      return record.then(
        (read) => ({ target: read.record.target, reads }),
        (error: unknown) => ({ error, reads }),
      );
    };
    const good = toText({ ...NO_RECORD, target: 4 });

    test('is read again where it is damaged, once', async () => {
      expect(await readingOf('{', good)).toEqual({ target: 4, reads: 2 });
      expect(await readingOf('{', '{')).toEqual({ error: expect.any(ConflictError), reads: 2 });
    });

    test('is not read again where the store fails', async () => {
      const error = new Error('no network');
      expect(await readingOf(error, good)).toEqual({ error, reads: 1 });
    });
  });

  test('of machines that are ended on purpose keeps neither a place nor a new machine', () => {
    const replacing = { count: 4, old: [instanceId(1), instanceId(2), instanceId(3)], launches: [] };
    const record = { ...NO_RECORD, target: 4, replacing };
    expect(withdrawn(record, [instanceId(2), instanceId(9)], 2)).toMatchObject({
      target: 2,
      replacing: { count: 3, old: [instanceId(1), instanceId(3)] },
    });
    expect(withdrawn(record, [instanceId(2)], 0)).toMatchObject({ target: null, replacing: null });
    expect(withdrawn(record, [instanceId(2)], Number.POSITIVE_INFINITY)).toMatchObject({ target: 4 });
    expect(withdrawn(NO_RECORD, [instanceId(2)], 3)).toEqual(NO_RECORD);
  });

  test('keeps what was entered until just that is answered', () => {
    const record = [batch('one', 1), batch('one', 2), batch('two', 1), end].reduce(
      (to, entry) => entered(to, entry, AT),
      NO_RECORD,
    );
    expect(left(record, batch('one', 1)).open).toEqual([batch('one', 2), batch('two', 1), end]);
    expect(left(record, { ...end, how: 'stop' }).open).toHaveLength(4);
    expect(left(record, { ...end, instance_ids: [instanceId(1)] }).open).toHaveLength(4);
    expect(left(record, end).open).toEqual([batch('one', 1), batch('one', 2), batch('two', 1)]);
  });

  test('remembers launches and ends of the last minutes, each launch once, and forgets older ones', () => {
    const later = new Date(NOON + 60_000).toISOString();
    const first = withEnds(entered(NO_RECORD, batch('one', 1), AT), [instanceId(1)], AT);
    const record = entered(entered(first, batch('two', 1), AT), batch('one', 2), later);
    expect(record.recent_launches).toEqual([
      { launch: 'two', at: AT },
      { launch: 'one', at: later },
    ]);
    const old = withoutOld(record, NOON + 90_000, 60_000);
    expect(old.recent_launches).toEqual([{ launch: 'one', at: later }]);
    expect(old.recent_ends).toEqual([]);
    expect(old.open).toEqual(record.open);
    expect(record.recent_ends).toEqual([{ instance_ids: [instanceId(1)], at: AT }]);
    // What was only about to be sent has ended nothing.
    expect(entered(NO_RECORD, end, AT).recent_ends).toEqual([]);
  });
});
