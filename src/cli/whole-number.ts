/**
 * A number as people write it on a command line: digits, and nothing else. An empty text is none: a variable of a CI job that is
 * not set must not pass for 0.
 * @returns NaN for any other text
 */
export const wholeNumber = (text: string): number =>
  /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
