/** Where a kernel starts on a real machine's console: the boot stub's last message has no line end. */
import { expect, test } from '@jest/globals';
import { factsOf, goodRun, text, verdictOf } from './boxes.ts';

const notesOf = (line: string) => {
  const found = verdictOf(factsOf([text([...goodRun(), line])]));
  return 'notes' in found ? found.notes : [];
};

test.each([
  '[    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)',
  'Probing EDD (edd=off to disable)... o[    0.000000] Linux version 6.1.0-56-cloud-amd64 (debian)',
  'Probing EDD (edd=off to disable)... ok[    0.000000] Linux version 6.1.0',
  'Booting from ROM..[    0.000000] Linux version 6.1.0',
])('%s is a start', (line) => {
  expect(notesOf(line)).toEqual(['rebooted since']);
});

test.each([
  'cat: [    0.000000] Linux version 6.1.0',
  'rolecall[init]: Probing EDD (edd=off to disable)... ok[    0.000000] Linux version 6.1.0',
])('%s is none', (line) => {
  expect(notesOf(line)).toEqual([]);
});
