import { defuserFor } from '../terminal/workflow.ts';
import { harmlessText } from '../text.ts';
import type { Host } from './context.ts';

/**
 * What a machine printed, on its way to stdout: a terminal, a pipe or a CI system's log. None of them shall be driven by it.
 * It comes in pieces that may end anywhere, also within an escape sequence or a command, so a line waits for its end.
 */
export class MachineText {
  readonly #clean: (text: string) => string;
  #line = '';

  /** @param raw whether the text is printed as it is */
  constructor({ env }: Pick<Host, 'env'>, raw: boolean) {
    const defuse = defuserFor(env) ?? ((text: string) => text);
    this.#clean = raw ? (text) => text : (text) => defuse(harmlessText(text));
  }

  /** @returns what can be printed now: the lines that have ended */
  next(text: string): string {
    const all = this.#line + text;
    // A carriage return at the very end may be the first half of a line end.
    const [ended = ''] = /^[\s\S]*(?:\n|\r(?=[^\r\n]))/.exec(all) ?? [];
    this.#line = all.slice(ended.length);
    return this.#clean(ended);
  }

  /** @returns the line that got no end */
  rest(): string {
    const line = this.#line;
    this.#line = '';
    return this.#clean(line);
  }
}
