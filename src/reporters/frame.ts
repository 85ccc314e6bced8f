import type { MachineRow } from '../results/row.ts';
import type { LaunchView } from '../results/state.ts';
import type { FrameSize } from '../terminal/board.ts';
import type { Paint } from '../terminal/paint.ts';
import { counted, elapsed, glued, pad, printable, truncate, widthOf, wrap } from '../text.ts';
import { askingLine } from './eta.ts';
import { phaseOf, remarkOf, type Status, statusOf } from './status.ts';
import { summaryOf } from './summary.ts';

/** What the board's header calls the launch: `launching memcached prod/b`. */
export interface FrameTitle {
  readonly title: string;
  readonly paint: Paint;
}

/** The spinner and the space after it stand before the first line. */
const SPINNER = 2;
/** Windows below this many columns get the brief words. */
const NARROW = 60;
/** A remark narrower than this says nothing. */
const LEAST_REMARK = 10;

/**
 * The lines of the live board, none wider than the window and not more than fit: the header, then a line a machine,
 * then what the machines that don't fit are at.
 * @param now epoch milliseconds
 */
export function boardFrame(
  view: LaunchView,
  now: number,
  size: FrameSize,
  { title, paint }: FrameTitle,
): string[] {
  const header = [...headerLines(view, now, size.columns, title), ...etaLines(view, now, size.columns)];
  const notice = view.notices.at(-1);
  const foot = notice === undefined ? [] : [paint.faint(truncate(`  ${printable(notice)}`, size.columns))];
  const room = Math.max(1, size.rows - header.length - foot.length);
  const machines = machineLines([...view.machines.values()], now, { ...size, rows: room }, paint);
  return [...header, ...machines, ...foot].slice(0, size.rows);
}

function headerLines(view: LaunchView, now: number, columns: number, title: string): string[] {
  const time = `elapsed ${elapsed(now - (view.startedAt ?? now))}`;
  const state = [...waveOf(view), stateOf(view), time].join(', ');
  const whole = `${title}: ${state}`;
  if (widthOf(whole) + SPINNER <= columns) return [whole];
  const lines = wrap(`  ${glued(state)}`, columns, 2).map((line) => truncate(line, columns));
  return [truncate(title, columns - SPINNER), ...lines];
}

/** Which part of a roll-out is at work. */
function waveOf({ fleet }: LaunchView): string[] {
  if (fleet?.wave === undefined) return [];
  const { number, size, canary } = fleet.wave;
  return [canary ? 'canary' : `wave ${number} (${counted(size, 'machine')})`];
}

function etaLines(view: LaunchView, now: number, columns: number): string[] {
  const line = askingLine(view, now);
  return line === undefined ? [] : [truncate(`  ${line}`, columns)];
}

function stateOf(view: LaunchView): string {
  if (view.machines.size > 0 || view.refused.length > 0) return summaryOf(view);
  if (view.asking > 0) return `asking for ${counted(view.asking, 'machine')}`;
  return view.requested === 0 ? 'connecting' : `${counted(view.requested, 'machine')} to come`;
}

interface Line {
  readonly row: MachineRow;
  readonly status: Status;
  readonly words: string;
}

function machineLines(rows: readonly MachineRow[], now: number, size: FrameSize, paint: Paint): string[] {
  const fit = rows.length <= size.rows ? rows : byInterest(rows).slice(0, size.rows - 1);
  const words = size.columns < NARROW ? 'brief' : 'words';
  // Only of those that are shown: a frame is made five times a second, perhaps of ten thousand machines.
  const lines = fit.map((row) => {
    const status = statusOf(row, now);
    return { row, status, words: status[words] };
  });
  const widest = Math.max(0, ...lines.map((line) => widthOf(line.words)));
  const shown = lines.map((line) => machineLine(line, widest, size.columns, paint));
  if (fit.length === rows.length) return shown;
  const inside = new Set(fit);
  const rest = rows.filter((row) => !inside.has(row));
  return [...shown, paint.faint(truncate(restLine(rest), size.columns))];
}

function machineLine({ row, status, words }: Line, widest: number, columns: number, paint: Paint): string {
  const head = `${row.machine.instanceId}  ${pad(words, widest)}`;
  const remark = printable(remarkOf(row));
  const left = columns - 2 - widthOf(head) - 2;
  const text = remark !== '' && left >= LEAST_REMARK ? `${head}  ${truncate(remark, left)}` : head.trimEnd();
  return `${paint[status.paint](status.glyph)} ${truncate(text, columns - 2)}`;
}

/** Machines that need a look first: failures, those at work, those that wait, and last those that are done. */
function byInterest(rows: readonly MachineRow[]): MachineRow[] {
  const ranks: MachineRow[][] = [[], [], [], [], []];
  for (const row of rows) ranks[rankOf(row)]?.push(row);
  return ranks.flat();
}

function rankOf(row: MachineRow): number {
  if (row.verdict === undefined) return row.step === undefined ? 3 : 2;
  if (row.verdict.outcome === 'succeeded') return 4;
  return row.verdict.outcome === 'silent' ? 1 : 0;
}

function restLine(rest: readonly MachineRow[]): string {
  const counts = new Map<string, number>();
  for (const row of rest) {
    const phase = row.verdict?.outcome ?? phaseOf(row);
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([phase, count]) => `${count} ${phase}`);
  return `… and ${rest.length} more: ${parts.join(', ')}`;
}
