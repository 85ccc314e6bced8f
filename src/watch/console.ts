/** One machine's console as it is read, snapshot by snapshot: the stitched text turned into facts. */
import type { ConsoleSnapshot } from '../aws/ports.ts';
import { type Facts, type LineKind, NO_FACTS, type Reading, readLine } from './facts.ts';
import { type Piece, type Stitch, stitch, unread } from './stitch.ts';

export type Loss = 'gap' | 'restarted';

export interface ConsoleState {
  readonly stitch: Stitch;
  /** From whole lines only. */
  readonly facts: Facts;
  /** The newest line, as far as it is there; `cut` when its beginning is missing. */
  readonly open: { readonly text: string; readonly cut: boolean };
  /** Places where text is lost, or may be: the ring overflowed, the console began anew. */
  readonly losses: readonly Loss[];
}

export const unreadConsole = (ringBytes?: number): ConsoleState => ({
  stitch: unread(ringBytes),
  facts: NO_FACTS,
  open: { text: '', cut: false },
  losses: [],
});

/** Takes one more snapshot. @returns the new state; the same `facts` object where nothing new was read */
export function readSnapshot(state: ConsoleState, snapshot: ConsoleSnapshot, reading: Reading): ConsoleState {
  const { state: stitched, piece } = stitch(state.stitch, snapshot);
  if (piece === undefined) return { ...state, stitch: stitched };
  if (piece.join === 'older')
    return { ...state, stitch: stitched, facts: readOlder(state.facts, piece, reading) };
  const lost = piece.join !== 'continues';
  // Across a gap the open line will never be ended.
  const facts = lost ? readLine(state.facts, state.open.text, CUT, reading) : state.facts;
  const text = lost ? piece.text : state.open.text + piece.text;
  const cut = lost || state.open.text === '' ? piece.cutHead : state.open.cut;
  const lines = text.split(LINE_ENDS);
  const open = lines.pop() ?? '';
  return {
    stitch: stitched,
    facts: lines.reduce((now, line, i) => readLine(now, line, cut && i === 0 ? CUT : INTACT, reading), facts),
    open: { text: open, cut: cut && lines.length === 0 },
    losses: piece.join === 'continues' ? state.losses : [...state.losses, piece.join],
  };
}

/** The facts when no more text is expected: the open line counts as it stands. */
export const settledFacts = ({ facts, open }: ConsoleState, reading: Reading): Facts =>
  readLine(facts, open.text, open.cut ? CUT : INTACT, reading);

/** Both `\r\n` and a lone `\r` end a line: a progress bar must not hide what stands before it. */
const LINE_ENDS = /[\r\n]/;
const INTACT: LineKind = { cut: false, older: false };
const CUT: LineKind = { cut: true, older: false };

function readOlder(facts: Facts, piece: Piece, reading: Reading): Facts {
  const lines = piece.text.split(LINE_ENDS);
  const last = lines.length - 1;
  return lines.reduce((now, line, i) => {
    const cut = (i === 0 && piece.cutHead) || i === last;
    return readLine(now, line, { cut, older: true }, reading);
  }, facts);
}
