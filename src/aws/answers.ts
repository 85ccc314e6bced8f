import type { Heard } from './wire.ts';

/** What a good answer to one operation holds. */
export interface Answer {
  /** The operation changes something: without a good answer nobody knows whether it did. */
  readonly writes: boolean;
  /** The answer's body is an object's bytes. */
  readonly streamed?: boolean;
  /** It begins something new, so that none is sent after Ctrl-C. */
  readonly begins?: boolean;
  /** The service may think for minutes before it answers, milliseconds in all. */
  readonly totalMs?: number;
  /** @returns what the answer lacks; undefined where it is an answer of its kind */
  readonly lacks: (output: object, input: object, heard: Heard) => string | undefined;
}

/** The operations of a service that rolecall uses, each with what proves its answer. Others can't be called. */
export type Answers<Operation extends string> = Readonly<Record<Operation, Answer>>;

type Lacks<Input extends object, Output extends object> = (
  output: Output,
  input: Input,
  heard: Heard,
) => string | undefined;

/** @param lacks sees the SDK's input and output of its operation */
const rule =
  (writes: boolean) =>
  <Input extends object, Output extends object>(
    lacks: Lacks<Input, Output>,
    more: Pick<Answer, 'streamed' | 'begins' | 'totalMs'> = {},
  ): Answer => ({
    writes,
    ...more,
    lacks: (output, input, heard) => lacks(output as Output, input as Input, heard),
  });

export const read = rule(false);
export const write = rule(true);
