import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holds } from '../../../../test/support/property.ts';
import { CONSOLE_BYTES, ConsoleLog } from '../../src/ec2/console-log.ts';

describe('ConsoleLog', () => {
  test('ends lines as a serial line does, also where a chunk ends between CR and LF', () => {
    const log = new ConsoleLog();
    for (const chunk of ['a\nb\r', '\nc\n\n', '\xff']) log.append(Buffer.from(chunk, 'latin1'));
    expect(log.snapshot().toString('latin1')).toBe('a\r\nb\r\nc\r\n\r\n\xff');
  });

  test('keeps the newest 64 KB, however it came', () => {
    holds(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30_000 }), { maxLength: 12 }), (chunks) => {
        const log = new ConsoleLog();
        for (const chunk of chunks) log.append(Buffer.from(chunk));
        const whole = new ConsoleLog();
        whole.append(Buffer.concat(chunks));
        expect(log.snapshot().equals(whole.snapshot())).toBe(true);
        expect(log.snapshot().length).toBeLessThanOrEqual(CONSOLE_BYTES);
      }),
      { numRuns: 50 },
    );
  });

  test('a torn one loses the same bytes however they came', () => {
    const log = new ConsoleLog({ everyBytes: 4, dropBytes: 2 });
    for (const chunk of ['abc', 'defgh', 'ijkl']) log.append(Buffer.from(chunk));
    expect(log.snapshot().toString()).toBe('abcdghij');
  });

  test('a snapshot does not change afterwards', () => {
    const log = new ConsoleLog();
    log.append(Buffer.from('one'));
    const before = log.snapshot();
    log.append(Buffer.from(' two'));
    expect(before.toString()).toBe('one');
  });
});
