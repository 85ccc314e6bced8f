import { describe, expect, test } from '@jest/globals';
import type { RunEvent } from '../../src/actions/run.ts';
import { StartedRun } from '../../src/api/run.ts';
import { UsageError } from '../../src/errors.ts';
import { launchDocument } from '../../src/results/document.ts';
import type { ReportedEvent } from '../../src/results/events.ts';
import { outcomeOf } from '../../src/results/outcome.ts';
import { begin, boot, FAILED, fold, META, SUCCEEDED } from '../reporters/support.ts';

const EVENTS = [...begin(2), ...boot(0, SUCCEEDED), ...boot(1, FAILED)];
const VIEW = fold(EVENTS);
const READY: RunEvent = {
  type: 'ready',
  verb: 'launch',
  meta: META,
  followUp: [],
  local: undefined,
  secrets: undefined,
  against: undefined,
};

/** A run that tells its events with turns of the event loop between them. */
async function* told(): AsyncGenerator<RunEvent> {
  yield READY;
  for (const event of EVENTS) {
    await new Promise((resolve) => setImmediate(resolve));
    yield event;
  }
  yield {
    type: 'done',
    view: VIEW,
    outcome: outcomeOf(VIEW, META, 3),
    unrecorded: undefined,
    interrupted: false,
  };
}

async function* refused(): AsyncGenerator<RunEvent> {
  yield READY;
  throw new UsageError('no');
}

async function read(run: StartedRun) {
  const events: ReportedEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

describe('a run of the public API', () => {
  test('tells its events, and then its document', async () => {
    const run = new StartedRun(told());
    expect(await read(run)).toEqual(EVENTS);
    expect(await run.result).toEqual(launchDocument(VIEW, META, 3));
  });

  test('has its document though nobody reads its events, and keeps these until then', async () => {
    const run = new StartedRun(told());
    expect((await run.result).exit_code).toBe(3);
    expect(await read(run)).toEqual(EVENTS);
  });

  test('that was refused rejects, for who reads and for who waits', async () => {
    const run = new StartedRun(refused());
    await expect(read(run)).rejects.toThrow(UsageError);
    await expect(run.result).rejects.toThrow(UsageError);
  });
});
