/** As many as a message may list. */
const MOST = 20;

/** The first of many names, and how many others there are. */
export const someOf = (names: readonly string[]): readonly string[] =>
  names.length <= MOST ? names : [...names.slice(0, MOST), `and ${names.length - MOST} others`];
