import type { Random } from '../random.ts';

/** What EC2 gives of a console: the newest bytes. */
const ringOf = (text: string, ring: number): string => Buffer.from(text).subarray(-ring).toString();

/** Snapshots of a console as it grew, some of them stale or repeated; the last one is of its end. */
export function snapshotsOf(text: string, ring: number, random: Random): string[] {
  const ends: number[] = [];
  const snapshots: string[] = [];
  const longest = random.pick([100, 400, 2_000, text.length + 1]);
  for (let at = 0; at < text.length; ) {
    at = Math.min(text.length, at + 1 + random.below(longest));
    ends.push(at);
    snapshots.push(ringOf(text.slice(0, at), ring));
    if (random.chance(0.2)) snapshots.push(ringOf(text.slice(0, random.pick(ends)), ring));
  }
  return [...snapshots, ringOf(text, ring)];
}

/** Lines joined as consoles join them; some are glued to the next. */
export function joined(lines: readonly string[], random: Random, glued: boolean): string {
  return lines
    .map((line) => line + (glued && random.chance(0.05) ? '' : random.pick(['\r\n', '\r\n', '\n', '\r\r\n'])))
    .join('');
}

/** Loses, doubles, swaps or garbles some stretches. */
export function damaged(text: string, random: Random): string {
  let now = text;
  for (let turn = 1 + random.below(4); turn > 0; turn -= 1) {
    const at = random.below(now.length + 1);
    const length = 1 + random.below(random.pick([3, 40, 300]));
    const piece = now.slice(at, at + length);
    const rest = now.slice(at + length);
    switch (random.below(5)) {
      case 0:
        now = now.slice(0, at) + rest;
        break;
      case 1:
        now = now.slice(0, at) + piece + piece + rest;
        break;
      case 2:
        now = now.slice(0, at) + [...piece].reverse().join('') + rest;
        break;
      case 3:
        now = `${now.slice(0, at)}\u001b[${random.below(9)}m${piece}${rest}`;
        break;
      default:
        now = now.slice(0, at) + String.fromCharCode(random.below(256)) + now.slice(at + 1);
    }
  }
  return now;
}
