import { failedCommand, type MachineRow, stepWords } from '../results/row.ts';
import type { Paint } from '../terminal/paint.ts';
import { duration, elapsed } from '../text.ts';

/** How a machine stands, in words, with the glyph and colour that go with them. */
export interface Status {
  readonly glyph: string;
  readonly words: string;
  /** The same for narrow windows. */
  readonly brief: string;
  readonly paint: keyof Paint;
}

/**
 * The state of a machine in a few words: `succeeded in 2.1 s`, `failed at init (status 3)`, `init 4 s`, `booting 12 s`.
 * @param now epoch milliseconds
 */
export function statusOf(row: MachineRow, now: number): Status {
  const { verdict } = row;
  if (verdict === undefined) return status('·', 'faint', progressOf(row, now));
  switch (verdict.outcome) {
    case 'succeeded':
      if (verdict.bootMs === undefined) return status('✔', 'good', 'succeeded earlier');
      return status(
        '✔',
        verdict.overBudget ? 'warn' : 'good',
        `succeeded in ${duration(verdict.bootMs)}`,
        `succeeded ${duration(verdict.bootMs)}`,
      );
    case 'failed': {
      const { failure } = verdict;
      return status(
        '✖',
        'bad',
        `failed at ${stepWords(failure.step)} (status ${failure.status})`,
        `failed at ${stepWords(failure.step)}`,
      );
    }
    case 'silent':
      return status('?', 'warn', 'silent');
    case 'lost':
      return status('✖', 'bad', 'lost');
  }
}

const status = (glyph: string, paint: keyof Paint, words: string, brief = words): Status => ({
  glyph,
  words,
  brief,
  paint,
});

/** What the machine is at, without a time: `running init`, `booting`, or its EC2 state. */
export function phaseOf(row: MachineRow): string {
  if (row.step !== undefined) return `running ${row.step.name}`;
  return row.machine.state === 'running' ? 'booting' : row.machine.state;
}

function progressOf(row: MachineRow, now: number): string {
  if (row.step !== undefined) return `${row.step.name} ${elapsed(now - row.step.since)}`;
  return `${phaseOf(row)} ${elapsed(now - row.seenAt)}`;
}

/** What else is worth a few words: the reason of a bad end, or the last line that the box said. */
export function remarkOf(row: MachineRow): string {
  const { verdict } = row;
  if (verdict?.outcome === 'failed') {
    const { failure } = verdict;
    return failure.error ?? failure.reason ?? failedCommand(failure);
  }
  if (verdict?.outcome === 'silent' || verdict?.outcome === 'lost') return verdict.reason;
  const notes = notesOf(row);
  return notes === '' ? (row.alive ?? row.said?.text ?? '') : notes;
}

/** What happened beside a machine's verdict, such as reboots; empty where nothing did. */
export const notesOf = ({ verdict }: MachineRow): string =>
  verdict !== undefined && 'notes' in verdict ? (verdict.notes ?? []).join(', ') : '';
