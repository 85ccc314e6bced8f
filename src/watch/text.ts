/** A machine's text as it is read, snapshot by snapshot: stitched, and turned into facts. */
import type { ConsoleSnapshot } from '../aws/ports.ts';
import { type Facts, joined, NO_FACTS, type Reading } from './facts.ts';
import { readLine } from './read-line.ts';
import { type Piece, type Stitch, stitch, unread } from './stitch.ts';

export type Loss = 'gap' | 'restarted';

export interface ReadText {
  readonly stitch: Stitch;
  /** From whole lines only. */
  readonly facts: Facts;
  /** The newest line, as far as it is there; `cut` when its beginning is missing. */
  readonly open: { readonly text: string; readonly cut: boolean };
  /** Places where text is lost, or may be: the ring overflowed, the console began anew. */
  readonly losses: readonly Loss[];
}

export const unreadText = (ringBytes?: number): ReadText => ({
  stitch: unread(ringBytes),
  facts: NO_FACTS,
  open: { text: '', cut: false },
  losses: [],
});

/** Takes one more snapshot. @returns the new state; the same `facts` object where nothing new was read */
export function readSnapshot(state: ReadText, snapshot: ConsoleSnapshot, reading: Reading): ReadText {
  const { state: stitched, piece } = stitch(state.stitch, snapshot);
  if (piece === undefined) return { ...state, stitch: stitched };
  const takenAt = snapshot.takenAt ?? 0;
  if (piece.join === 'older') {
    const older = readOlder(piece, takenAt, reading);
    return { ...state, stitch: stitched, facts: joined(older, state.facts) };
  }
  const lost = piece.join !== 'continues';
  // Across a gap the open line will never be ended.
  const facts = lost ? readLine(state.facts, state.open.text, { cut: true, takenAt }, reading) : state.facts;
  const text = lost ? piece.text : state.open.text + piece.text;
  const cut = lost || state.open.text === '' ? piece.cutHead : state.open.cut;
  const lines = text.split(LINE_ENDS);
  const open = lines.pop() ?? '';
  const kind = (index: number) => ({ cut: cut && index === 0, takenAt });
  return {
    stitch: stitched,
    facts: lines.reduce((now, line, index) => readLine(now, line, kind(index), reading), facts),
    open: { text: open, cut: cut && lines.length === 0 },
    losses: piece.join === 'continues' ? state.losses : [...state.losses, piece.join],
  };
}

/** The facts when no more text is expected: the open line counts as it stands. */
export const settledFacts = ({ facts, open, stitch: { takenAt } }: ReadText, reading: Reading): Facts =>
  readLine(facts, open.text, { cut: open.cut, takenAt }, reading);

/** Both `\r\n` and a lone `\r` end a line: a progress bar must not hide what stands before it. */
const LINE_ENDS = /[\r\n]/;

/** What text tells that stands before all that is known. Its last line may lack its end. */
function readOlder(piece: Piece, takenAt: number, reading: Reading): Facts {
  const lines = piece.text.split(LINE_ENDS);
  const cut = (index: number) => (index === 0 && piece.cutHead) || index === lines.length - 1;
  return lines.reduce(
    (now, line, index) => readLine(now, line, { cut: cut(index), takenAt }, reading),
    NO_FACTS,
  );
}
