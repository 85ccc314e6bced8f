/**
 * The shapes that values of a document may have. For the catalogue one table of them (catalogue/fields.ts) is the truth
 * from which the validator, the JSON Schema and the tables of docs/catalogue.md come.
 */
export type Shape =
  | TextShape
  | ChoiceShape
  | FlagShape
  | WholeShape
  | ListShape
  | MapShape
  | RecordShape
  | EitherShape;

export interface TextShape {
  readonly kind: 'text';
  /** A regular expression with the `u` flag that the whole text must match; JSON Schema gets it as it stands. */
  readonly pattern: string;
  readonly expected: string;
  /** Numbers and booleans are taken as they are written. */
  readonly asWritten?: boolean;
  /** What JSON Schema can't tell: says what is wrong with a text that matches the pattern, or says it better. */
  readonly problem?: (text: string) => string | undefined;
}

export interface ChoiceShape {
  readonly kind: 'choice';
  readonly values: readonly string[];
}

interface FlagShape {
  readonly kind: 'flag';
}

interface WholeShape {
  readonly kind: 'whole';
  readonly min: number;
  readonly max: number;
}

export interface ListShape {
  readonly kind: 'list';
  readonly of: Shape;
  readonly expected: string;
}

/** A map whose keys the user chooses. The rules' patterns exclude one another. */
export interface MapShape {
  readonly kind: 'map';
  readonly rules: readonly KeyRule[];
  readonly keysExpected: string;
  /** What is wrong with a key that fits no rule. */
  readonly keyProblem?: (key: string) => string | undefined;
  readonly minEntries?: number;
  readonly maxEntries?: number;
}

interface KeyRule {
  readonly pattern: string;
  readonly value: Shape;
  /** Whether a null may stand in place of the value. */
  readonly nullable: boolean;
}

/** A map with keys of ours. */
export interface RecordShape {
  readonly kind: 'record';
  readonly fields: readonly Field[];
  /** Where a key that is unknown here may be meant to stand. */
  readonly elsewhere?: (key: string) => string | undefined;
}

/** A scalar, or else a map or list. */
export interface EitherShape {
  readonly kind: 'either';
  readonly scalar: TextShape | FlagShape;
  readonly nested: MapShape | RecordShape;
}

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly description: string;
  readonly required?: boolean;
  /** Whether null may be written for it; null removes what a weaker layer has set. */
  readonly nullable?: boolean;
  /** As the documentation tells it; absent where there is none. */
  readonly default?: string;
  /** A valid value in YAML's flow notation. */
  readonly example: string;
}

/** What a value of this shape should be, as a fault says it. */
export function expectedOf(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
    case 'list':
      return shape.expected;
    case 'choice':
      return `${shape.values.slice(0, -1).join(', ')} or ${shape.values.at(-1)}`;
    case 'flag':
      return 'true or false';
    case 'whole':
      return shape.min === shape.max ? String(shape.min) : `a whole number from ${shape.min} to ${shape.max}`;
    case 'map':
      return `a map of ${shape.keysExpected}`;
    case 'record':
      return `a map of ${shape.fields.map(({ name }) => name).join(', ')}`;
    case 'either':
      return `${expectedOf(shape.scalar)}, or ${expectedOf(shape.nested)}`;
  }
}
