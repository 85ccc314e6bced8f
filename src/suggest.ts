/**
 * The candidate that the user most likely meant, or undefined when none is near: at most a third of its letters
 * differ (a swap of neighbours counts once), or one name begins with the other (`production`, `prod`).
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  // Beyond any name's length there is nothing to suggest, and the distance costs the product of the lengths.
  if (name.length > 128) return undefined;
  const wanted = name.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: closeness(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance < Number.POSITIVE_INFINITY)
    .sort((one, other) => one.distance - other.distance);
  return ranked[0]?.candidate;
}

function closeness(wanted: string, candidate: string): number {
  const distance = editDistance(wanted, candidate);
  if (distance <= Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))) return distance;
  const shorter = Math.min(wanted.length, candidate.length);
  const begins = wanted.startsWith(candidate) || candidate.startsWith(wanted);
  return begins && shorter >= 3 ? distance : Number.POSITIVE_INFINITY;
}

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours. */
function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      const best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced);
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      next.push(swapped ? Math.min(best, (before[j - 2] ?? 0) + 1) : best);
    }
    before = row;
    row = next;
  }
  return row[other.length] ?? 0;
}
