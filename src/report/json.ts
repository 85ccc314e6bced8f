/** One JSON document for `--output json`: indented for eyes, in one piece for programs; ends with a newline. */
export const jsonReport = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;
