import { UsageError } from '../errors.ts';
import { type InstanceId, isInstanceId } from '../model.ts';
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

interface MachineValues {
  readonly instance?: string | undefined;
  readonly raw: boolean;
  readonly output: string;
}

/** @throws UsageError where no instance is named, or for words that exclude each other */
export function machineInput({ instance, raw, output }: MachineValues): {
  readonly instance: InstanceId;
  readonly raw: boolean;
  readonly json: boolean;
} {
  if (instance === undefined || !isInstanceId(instance)) {
    throw new UsageError(`"${instance ?? ''}" is no instance id`, {
      hint: 'one looks like i-0123456789abcdef0',
    });
  }
  const json = output === 'json';
  if (json && raw) {
    throw new UsageError('--raw is for text; --output json has all that the machine printed, escaped', {
      hint: 'leave out one of them',
    });
  }
  return { instance, raw, json };
}
