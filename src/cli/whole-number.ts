/**
 * Reads a whole number as people write it on a command line: ASCII digits and nothing else. An empty text is no number: a
 * variable of a CI job that is not set must not pass for 0.
 * @returns NaN for any other text
 */
export const wholeNumber = (text: string): number => (/^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN);
