import { describe, expect, test } from '@jest/globals';
import { endedBy, signalIn } from '../../../src/watch/reason/signals.ts';
import type { Told } from '../../../src/watch/reason/told.ts';

const TOLD: Told = { how: 'command', silent: false, behind: 0 };

describe('the signal that ended a process', () => {
  test.each([
    ['x.sh: line 3:   812 Killed                  ./a', 'KILL', 137],
    ['Segmentation fault (core dumped)', 'SEGV', 139],
    ['x.sh: line 3:   812 Aborted                 ./a', 'ABRT', 134],
    ['Bus error', 'BUS', 135],
    ['Illegal instruction', 'ILL', 132],
    ['Floating point exception', 'FPE', 136],
    ['Terminated', 'TERM', 143],
    ['Hangup', 'HUP', 129],
    ['Trace/breakpoint trap', 'TRAP', 133],
    ['File size limit exceeded', 'XFSZ', 153],
    ['CPU time limit exceeded', 'XCPU', 152],
  ])('%s', (line, signal, status) => {
    expect(signalIn(['before', line, 'behind'], undefined)).toBe(signal);
    expect(signalIn([line], status)).toBe(signal);
    expect(signalIn([line], 1)).toBeUndefined();
  });

  test('is looked for in the last five lines only, and as a word', () => {
    expect(signalIn(['Killed', '1', '2', '3', '4'], undefined)).toBe('KILL');
    expect(signalIn(['Killed', '1', '2', '3', '4', '5'], undefined)).toBeUndefined();
    expect(signalIn(['UnKilled', 'Killed,'], undefined)).toBeUndefined();
  });
});

test('who was killed: the script, its command, or a child whose command is too long to show', () => {
  expect(endedBy('KILL', { ...TOLD, how: 'signal', command: './a' })).toBe(
    'the script was killed by SIGKILL',
  );
  expect(endedBy('KILL', { ...TOLD, command: './a' })).toBe('./a was killed by SIGKILL');
  expect(endedBy('KILL', TOLD)).toBe('its child was killed by SIGKILL');
  expect(endedBy('KILL', { ...TOLD, command: 'a'.repeat(120) })).toMatch(/^a+ was/);
  expect(endedBy('KILL', { ...TOLD, command: 'a'.repeat(121) })).toMatch(/^its child was/);
});
