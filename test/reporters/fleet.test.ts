import { describe, expect, test } from '@jest/globals';
import { textReport } from '../../src/reporters/text.ts';
import { plain } from '../../src/terminal/paint.ts';
import { member } from '../fleet/machines.ts';
import { type AnyEvent, begin, boot, FAILED, fold, META, START, SUCCEEDED } from './support.ts';

const SEEN: AnyEvent = {
  ...{ type: 'fleet-seen', at: START, strangers: 1, target: 4 },
  members: [member(11), member(12), member(13, { standing: 'failed', verdict: 'failed' })],
};
const report = (events: readonly AnyEvent[], columns?: number) =>
  textReport(fold(events), META, { paint: plain, followUp: ['--local'], ...(columns && { columns }) });

describe('the report of a fleet', () => {
  const events = [SEEN, ...begin(2), ...boot(0, SUCCEEDED), ...boot(1, FAILED)];

  test('where it stands in the end, what is kept and how to end it, and whom it leaves alone', () => {
    const text = report(events);
    expect(text).toContain('memcached prod/b: 3 of 4 machines proved, 1 failed (launch ');
    expect(text).toContain(
      '1 machine without success is kept for a look; what ends it, and 1 older machine without success that may serve:\n    rolecall terminate --fleet --failed --role memcached --env prod --context b --local\n',
    );
    expect(text).toContain("1 machine under the fleet's tags was not launched by rolecall: left alone\n");
  });

  test('old machines without success are not kept for a look: they may serve', () => {
    const silent: AnyEvent = {
      ...{ type: 'fleet-seen', at: START, strangers: 0, target: 3 },
      members: [1, 2, 3].map((id) => member(id + 20, { standing: 'failed', verdict: 'silent' })),
    };
    const canary = report([silent, ...begin(1), ...boot(0, FAILED)]);
    expect(canary).toContain(
      '1 machine without success is kept for a look; what ends it, and 3 older machines without success that may serve:\n',
    );
    expect(report([silent, ...begin(1), ...boot(0, SUCCEEDED)])).not.toContain('kept for a look');
  });

  test('a narrow window breaks no command', () => {
    expect(report(events, 40)).toContain(
      '\n    rolecall terminate --fleet --failed --role memcached --env prod --context b --local\n',
    );
  });

  test('machines that were ended are told by their reason, and count no more', () => {
    const ended: AnyEvent = {
      ...{ type: 'machines-ended', at: START, how: 'terminate', reason: 'replaced' },
      members: [member(11), member(13)],
    };
    const text = report([...events, ended]);
    expect(text).toContain('2 machines terminated: replaced\n');
    expect(text).toContain('2 of 4 machines proved');
    expect(text).toContain('1 machine without success is kept for a look; what ends it:\n');
  });

  test('what a breaker has stopped', () => {
    const tripped: AnyEvent = { type: 'breaker-tripped', at: START, failures: 1, allowed: 0, left: 1 };
    expect(report([...events, tripped])).toContain(
      '✖ stopped after 1 failure (--max-failures 0): 1 machine not launched\n',
    );
  });
});
