/**
 * Stitches successive console snapshots into one growing text. EC2 gives no cursor: a snapshot is the newest
 * 64 KB of the console, it may be older than the one before it, and a reboot may have cleared the console.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
 */
import type { ConsoleSnapshot } from '../aws/ports.ts';

/** What EC2 keeps of a console, bytes. */
const EC2_RING_BYTES = 65_536;
/** Fewer equal characters than these may be chance (newlines, dots), and prove no overlap. */
const MIN_OVERLAP = 32;
/** How much text is kept to recognise snapshots by, in characters: at least two rings, trimmed at twice that. */
const KEPT = 131_072;

/** What is known of a console so far. */
export interface Stitch {
  /** The newest text without a gap, at most 2 x KEPT characters. */
  readonly known: string;
  /** What was known before the last gap or restart: a stale snapshot of it tells nothing new. */
  readonly before: string;
  /** The snapshot that `known` ends with: most snapshots simply continue it. */
  readonly last: string;
  /** When EC2 took the newest snapshot, epoch milliseconds; 0 where it never said. */
  readonly takenAt: number;
  /** `known` begins where this console began, and not in the middle of it. */
  readonly whole: boolean;
  /** Size of the console's ring, bytes. */
  readonly ring: number;
}

/** Text that a snapshot adds. */
export interface Piece {
  readonly text: string;
  /**
   * How it joins what was known: `continues` it; a `gap` lies between (the ring overflowed, text is lost); the
   * console was `restarted` and this is its new beginning; it is `older`, from before all that is known.
   */
  readonly join: 'continues' | 'gap' | 'restarted' | 'older';
  /** Its first line may lack its beginning. */
  readonly cutHead: boolean;
}

/** A console of which nothing was read yet. */
export const unread = (ring = EC2_RING_BYTES): Stitch => ({
  known: '',
  before: '',
  last: '',
  takenAt: 0,
  whole: true,
  ring,
});

/** Takes one more snapshot. @returns the new state, and the piece of text that is new, if any */
export function stitch(state: Stitch, snapshot: ConsoleSnapshot): Stitched {
  const text = withoutCutCharacters(snapshot.text);
  const timed = { ...state, takenAt: Math.max(state.takenAt, snapshot.takenAt ?? 0) };
  if (text === '' || text === state.last) return { state: timed };
  if (state.known === '') return fresh(timed, text, 'continues');
  if (text.startsWith(state.last)) return grown(timed, text, state.last.length);

  const end = overlap(state.known, text);
  if (end.contained) return { state: timed };
  if (end.length >= MIN_OVERLAP || (state.whole && end.length === state.known.length)) {
    return grown(timed, text, end.length);
  }
  const { takenAt = state.takenAt } = snapshot;
  return disjoint(timed, text, Math.sign(takenAt - state.takenAt));
}

interface Stitched {
  readonly state: Stitch;
  readonly piece?: Piece;
}

/**
 * Nothing of it ends what is known: an older snapshot that reaches back further, or a console that went on unseen.
 * @param age negative for a snapshot that EC2 took before the newest one, positive behind it, 0 where nothing tells. What was taken
 * later ends later: where it ends as what is known begins, two boots printed the same lines.
 */
function disjoint(state: Stitch, text: string, age: number): Stitched {
  if (overlap(state.before, text).contained) return { state };
  const start = overlap(text, state.known);
  if (age <= 0 && !state.whole && !start.contained && start.length >= MIN_OVERLAP) {
    return extendedBackwards(state, text, start.length);
  }
  if (age < 0) {
    const before = state.before === '' ? text : state.before;
    return { state: { ...state, before }, piece: { text, join: 'older', cutHead: isFull(text, state.ring) } };
  }
  const moved = { ...state, before: state.known.slice(-KEPT) };
  return fresh(moved, text, isFull(text, state.ring) ? 'gap' : 'restarted');
}

function extendedBackwards(state: Stitch, text: string, shared: number): Stitched {
  const added = text.slice(0, text.length - shared);
  const full = isFull(text, state.ring);
  // The line in which both meet was read without its beginning: it is given again, whole.
  const met = state.known.slice(0, state.known.search(/[\r\n]/) + 1);
  return {
    state: { ...state, known: (added + state.known).slice(-2 * KEPT), whole: !full },
    piece: { text: added + met, join: 'older', cutHead: full },
  };
}

function grown(state: Stitch, text: string, shared: number): Stitched {
  const added = text.slice(shared);
  const all = state.known + added;
  const trimmed = all.length > 2 * KEPT;
  return {
    state: { ...state, known: trimmed ? all.slice(-KEPT) : all, last: text, whole: state.whole && !trimmed },
    piece: { text: added, join: 'continues', cutHead: false },
  };
}

function fresh(state: Stitch, text: string, join: 'continues' | 'gap' | 'restarted'): Stitched {
  const full = isFull(text, state.ring);
  return {
    state: { ...state, known: text, last: text, whole: !full },
    piece: { text, join, cutHead: full },
  };
}

/** Whether the ring may have cut the head off; with room for what was dropped at its ends. */
const isFull = (text: string, ring: number): boolean =>
  text.length > ring / 5 && Buffer.byteLength(text) >= Math.floor(ring * 0.97);

/** The ring cuts bytes, not characters: half a character at either end reads as U+FFFD, and is dropped. */
const withoutCutCharacters = (text: string): string =>
  text.startsWith('\uFFFD') || text.endsWith('\uFFFD')
    ? text.replace(/^\uFFFD{1,3}/, '').replace(/\uFFFD{1,3}$/, '')
    : text;

/**
 * The longest end of `text` that `next` begins with, and whether `next` stands in `text` as a whole: one run of
 * Knuth-Morris-Pratt, linear whatever a console holds. Where text repeats itself the longest overlap may be too
 * long; then what it leaves out stands in `text` already, so no line is lost but a repeated one.
 */
function overlap(text: string, next: string): { length: number; contained: boolean } {
  const fallback = failureFunction(next);
  let matched = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    while (matched > 0 && next.charCodeAt(matched) !== code) matched = fallback[matched - 1] ?? 0;
    if (next.charCodeAt(matched) === code) matched += 1;
    if (matched === next.length) return { length: matched, contained: true };
  }
  return { length: matched, contained: false };
}

function failureFunction(pattern: string): Uint32Array {
  const table = new Uint32Array(pattern.length);
  let matched = 0;
  for (let i = 1; i < pattern.length; i += 1) {
    const code = pattern.charCodeAt(i);
    while (matched > 0 && pattern.charCodeAt(matched) !== code) matched = table[matched - 1] ?? 0;
    if (pattern.charCodeAt(matched) === code) matched += 1;
    table[i] = matched;
  }
  return table;
}
