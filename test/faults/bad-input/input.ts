import type { Random } from '../random.ts';

/** A command line, with its files and its environment, of which some part is bad. */
export interface BadInput {
  /** What is bad about it, in a few words. */
  readonly what: string;
  readonly argv: readonly string[];
  /** On top of the campaign's own; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Files of the working folder, by path. A `roles.yaml` that is good is there without. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Lines at the end of the good `roles.yaml`: further roles. */
  readonly more?: string;
  /** Files that must be there afterwards, with this content. */
  readonly kept?: Readonly<Record<string, string>>;
  /** Makes what files alone don't: links, rights, FIFOs. Gets the working folder, which is removed afterwards. */
  readonly prepare?: (folder: string) => void | Promise<void>;
  /** What comes on stdin; nothing without. */
  readonly stdin?: string | Buffer;
}

/** A source of bad inputs: the same numbers give the same input. */
export interface Generator {
  readonly name: string;
  readonly next: (random: Random) => BadInput;
}
