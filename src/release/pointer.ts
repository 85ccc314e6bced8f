import { UsageError } from '../errors.ts';
import { isPathName, type PathName } from '../model.ts';
import { parsedObject } from '../objects.ts';

/** One move of a pointer, as it is kept in the pointer itself. */
export interface Move {
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
  readonly action: 'promote' | 'rollback';
  /** Null at the first move. */
  readonly from: PathName | null;
  readonly to: PathName;
  readonly why: string | null;
  /** Random: tells whether a write whose answer was lost was ours. */
  readonly id: string;
}

/** Which build an environment deploys, and how that came about. */
export interface Pointer {
  readonly tag: PathName;
  /** Newest first. */
  readonly moves: readonly Move[];
}

/** Moves that are kept; older ones are forgotten. */
export const MAX_MOVES = 1_000;

export const pointerKey = (app: PathName, environment: string): string => `pointers/${app}/${environment}`;

/** A pointer's text: the tag, which is all that machines read, then one line a move. */
export const renderPointer = ({ tag, moves }: Pointer): string =>
  `${[tag, ...moves.slice(0, MAX_MOVES).map((move) => JSON.stringify(move))].join('\n')}\n`;

/**
 * Reads a pointer.
 * @param where how messages call it
 * @throws UsageError with the line that is wrong
 */
export function parsePointer(text: string, where: string): Pointer {
  const [tag = '', ...lines] = text.replace(/\n$/, '').split('\n');
  if (!isPathName(tag)) throw damaged(where, 1, text === '' ? 'it is empty' : 'it names no build');
  const moves = lines.map((line, index) => parseMove(line) ?? damage(where, index + 2));
  if (moves[0] !== undefined && moves[0].to !== tag)
    throw damaged(where, 2, `its newest move leads to ${moves[0].to}, not to ${tag}`);
  return { tag, moves };
}

function damage(where: string, line: number): never {
  throw damaged(where, line, 'it is no move');
}

const damaged = (where: string, line: number, what: string): UsageError =>
  new UsageError(`the pointer ${where} is damaged: line ${line}: ${what}`, {
    hint: `look at it (aws s3 cp ${where} -), and restore an earlier version of it, or remove it (aws s3 rm ${where}) and promote a build again`,
  });

function parseMove(line: string): Move | undefined {
  const { at, by, action, from, to, why, id } = parsedObject(line) ?? {};
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at)) || typeof by !== 'string') return undefined;
  if (action !== 'promote' && action !== 'rollback') return undefined;
  if (!isName(to) || !(from === null || isName(from))) return undefined;
  if (!(why === null || typeof why === 'string') || typeof id !== 'string') return undefined;
  return { at, by, action, from, to, why, id };
}

const isName = (value: unknown): value is PathName => typeof value === 'string' && isPathName(value);

/** The pointer after a move. */
export const moved = (before: Pointer | undefined, move: Move): Pointer => ({
  tag: move.to,
  moves: [move, ...(before?.moves ?? [])].slice(0, MAX_MOVES),
});

/**
 * The build before the current one: a promotion puts a build on top of those before it, a rollback takes builds away down
 * to the one that it leads to. So two rollbacks go back by two builds. Undefined where there is none before.
 */
export function previousBuild({ moves }: Pointer): PathName | undefined {
  const oldest = moves.at(-1);
  const stack: PathName[] = oldest?.from ? [oldest.from] : [];
  for (const { action, to } of moves.toReversed()) {
    if (action === 'rollback' && stack.includes(to)) stack.length = stack.lastIndexOf(to) + 1;
    else if (stack.at(-1) !== to) stack.push(to);
  }
  return stack.at(-2);
}
