import { describe, expect, test } from '@jest/globals';
import { eventLines } from '../../src/reporters/lines.ts';
import { ndjsonEvent, ndjsonResult } from '../../src/reporters/ndjson.ts';
import { launchDocument } from '../../src/results/document.ts';
import { advance, emptyView } from '../../src/results/state.ts';
import {
  type AnyEvent,
  begin,
  boot,
  expectGolden,
  FAILED,
  fold,
  instanceId,
  LOST,
  META,
  machine,
  SILENT,
  START,
  SUCCEEDED,
} from './support.ts';

const RUN: AnyEvent[] = [
  ...begin(5, 4),
  ...[SUCCEEDED, FAILED, SILENT, LOST].flatMap((verdict, index) => boot(index, verdict)),
  { type: 'gap', at: START + 3000, instanceId: instanceId(0) },
  { type: 'notice', at: START + 3001, text: 'AWS throttles: asking every 5 s' },
];

function linesOf(events: readonly AnyEvent[]): string[] {
  let view = emptyView();
  return events.flatMap((event) => {
    const lines = eventLines(view, event);
    view = advance(view, event);
    return lines;
  });
}

describe('plain lines', () => {
  test('of a whole launch, one a change', () => {
    expectGolden('lines.txt', `${linesOf(RUN).join('\n')}\n`);
  });

  test('a state that is known already says nothing', () => {
    const event: AnyEvent = { type: 'machine', at: START, machine: machine(0) };
    expect(linesOf([event, event])).toEqual([`${instanceId(0)} running`]);
  });

  test('tell how long EC2’s pace will take', () => {
    const event: AnyEvent = {
      type: 'batch-requested',
      at: START,
      batch: 11,
      count: 100,
      repeat: false,
      etaMs: 4_500_000,
    };
    expect(linesOf([event])).toEqual([
      'batch 11: asking for 100 machines, about 75 min to go (EC2 gives 2 machines a second)',
    ]);
    expect(JSON.parse(ndjsonEvent(event))).toMatchObject({ event: 'batch_requested', eta_ms: 4_500_000 });
    expect(linesOf([{ ...event, etaMs: 100 }])).toEqual(['batch 11: asking for 100 machines']);
  });

  test('tell that a launch is resumed', () => {
    const [first] = begin(2);
    expect(linesOf([{ ...first, resumed: true } as AnyEvent])).toEqual([
      `launch ${META.id}: 2 machines, resumed`,
    ]);
  });
});

describe('ndjson', () => {
  test('of a whole launch: an object a line, the document last', () => {
    const document = launchDocument(fold(RUN), META);
    const text = RUN.map(ndjsonEvent).join('') + ndjsonResult(document);
    expectGolden('events.ndjson', text);
    const objects: unknown[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects).toHaveLength(RUN.length + 1);
    expect(objects.at(-1)).toEqual({ event: 'result', ...document });
  });

  test('gives a machine’s state reason and address, and none of its tags', () => {
    const described = {
      ...machine(0, 'stopped'),
      privateIp: '10.0.0.7',
      stateReason: { code: 'Client.InstanceInitiatedShutdown', message: 'it shut itself down' },
      tags: { secret: 'f'.repeat(32) },
    };
    const line = ndjsonEvent({ type: 'machine', at: START, machine: described });
    expect(JSON.parse(line)).toEqual({
      event: 'machine',
      at: '2026-11-21T22:00:00.000Z',
      instance_id: instanceId(0),
      state: 'stopped',
      zone: 'eu-west-1b',
      instance_type: 't3.micro',
      launched_at: new Date(described.launchedAt).toISOString(),
      private_ip: '10.0.0.7',
      state_reason: { code: 'Client.InstanceInitiatedShutdown', message: 'it shut itself down' },
    });
  });

  test('tells signs of life, with how long the step has run', () => {
    const alive = { type: 'alive', at: START, instanceId: instanceId(0), step: 'init', ms: 210_400 } as const;
    expect(JSON.parse(ndjsonEvent({ ...alive, text: 'Get:1 http://mirror.example.com' }))).toEqual({
      event: 'alive',
      at: '2026-11-21T22:00:00.000Z',
      instance_id: instanceId(0),
      step: 'init',
      ms: 210_400,
      text: 'Get:1 http://mirror.example.com',
    });
    expect(eventLines(emptyView(), { ...alive, text: 'Get:1' })).toEqual([
      `${instanceId(0)} init, 3 min 30 s, last line: Get:1`,
    ]);
    expect(eventLines(emptyView(), { ...alive, text: '' })).toEqual([
      `${instanceId(0)} init, 3 min 30 s, nothing printed yet`,
    ]);
  });

  test('keeps one line a line, whatever a machine says', () => {
    const line = ndjsonEvent({
      type: 'said',
      at: START,
      instanceId: instanceId(0),
      step: 'init',
      text: 'a\nb\u2028c',
    });
    expect(line.indexOf('\n')).toBe(line.length - 1);
  });
});
