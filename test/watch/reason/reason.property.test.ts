/** Whatever a machine prints and tells, there is a reason: one line, of what it printed or about it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { reasonOf } from '../../../src/watch/reason/reason.ts';
import { readTold } from '../../../src/watch/reason/told.ts';
import { anyCharacter, holds } from '../../support/property.ts';

const words = fc.constantFrom(
  ...[
    'E: ',
    'error: ',
    'cp: cannot stat x',
    'make: *** [all] Error 1',
    'gzip: stdin: unexpected end of file',
  ],
  ...['Traceback (most recent call last):', '  File "x.py", line 3', 'ValueError: x', 'download failed', ''],
  ...[
    'curl: (7) refused',
    'attempt 1 failed, retrying',
    'Usage: x',
    '+ cp a b',
    'Setting up x',
    'not found:',
  ],
  ...['dpkg: error processing package x (--configure):', ' x', 'warning: y', '[... 3 lines ...]', 'Killed'],
);
const line = fc.oneof(words, fc.string({ unit: anyCharacter, maxLength: 80 }));
const fact = fc.oneof(
  fc.constantFrom(
    'how command',
    'how exit',
    'how unknown',
    'how signal',
    'how timeout',
    'silent yes',
    'for 3',
  ),
  fc.constantFrom(
    'command cp a b',
    'command [ -e x ]',
    'command curl -sf x | tar x',
    'command $(',
    'command !',
  ),
  fc.constantFrom(
    'line 3',
    'file a',
    'signal KILL',
    'kernel Out of memory',
    'interpreter python3',
    'status 2',
  ),
  fc.nat(5).map((lines) => `behind ${lines}`),
  fc.string(),
);

test('a reason is one line, from a line that was printed or about the command', () => {
  holds(
    fc.property(
      fc.array(line, { maxLength: 12 }),
      fc.array(fact, { maxLength: 6 }),
      fc.nat(255),
      (printed, facts, status) => {
        const lines = printed.map((text) => text.replace(/[\r\n]/g, ' '));
        const told = readTold(facts);
        const { error, at } = reasonOf({ step: 'init', status, told, lines });
        if (at !== undefined) expect(lines[at]).toBeDefined();
        if (error !== undefined) expect(error).not.toContain('\n');
        const isExpected = lines.some((text) => text.trim() !== '') || told?.silent === true;
        if (isExpected) expect(error).toBeDefined();
      },
    ),
    { numRuns: 2_000 },
  );
});
