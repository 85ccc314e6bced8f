/** Colours by what they mean. Each is also said in words: colour never carries a meaning alone. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

const sgr = (open: number, close: number) => (text: string) =>
  text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`;

const coloured: Paint = {
  good: sgr(32, 39),
  bad: sgr(31, 39),
  warn: sgr(33, 39),
  faint: sgr(2, 22),
  strong: sgr(1, 22),
};

const same = (text: string) => text;

/** Text as it is, for pipes, files and `NO_COLOR`. */
export const plain: Paint = { good: same, bad: same, warn: same, faint: same, strong: same };

/** The colours of a stream that may (or may not) be coloured: see `Terminal.colour`. */
export const painter = (colour: boolean): Paint => (colour ? coloured : plain);
