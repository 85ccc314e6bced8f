type VariableType = 'string' | 'integer' | 'boolean';

/** What a module says of one of its variables. */
export interface Variable {
  readonly description: string;
  readonly type: VariableType;
  /** As the module gets it. */
  readonly default?: string;
  /** The role must give it. */
  readonly required: boolean;
  /** Never written in a catalogue, and never printed. */
  readonly secret: boolean;
  /** The whole value must match (strings only). */
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** How `rolecall module test` starts a module. */
interface ModuleTest {
  readonly variables: Readonly<Record<string, string>>;
  /** Modules that are started before it. */
  readonly modules: readonly string[];
  /** It has to fetch packages; the operator grants that by --network. */
  readonly network: boolean;
}

/** A module: a folder that a bundle carries to a machine, and what its module.yaml says. */
export interface Module {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly origin: 'own' | 'standard';
  readonly description: string;
  readonly variables: Readonly<Record<string, Variable>>;
  /** Modules, or what they provide, that come earlier where a role has them. */
  readonly after: readonly string[];
  /** Values of ID or ID_LIKE in os-release; empty: any. */
  readonly platforms: readonly string[];
  readonly timeoutMs: number;
  readonly provides: readonly string[];
  readonly test: ModuleTest;
}

/** What is wrong with a value, in words that don't hold it. */
interface ValueProblem {
  readonly message: string;
  readonly expected: string;
}

type Kind = Pick<Variable, 'type' | 'pattern' | 'minimum' | 'maximum'>;

/** What keeps a text from being a value of this type; undefined where nothing does. */
export function typeProblem(
  text: string,
  { type, pattern, minimum, maximum }: Kind,
): ValueProblem | undefined {
  switch (type) {
    case 'integer':
      return /^-?(0|[1-9][0-9]{0,15})$/.test(text)
        ? rangeProblem(Number(text), minimum, maximum)
        : { message: 'is no integer', expected: 'an integer' };
    case 'boolean':
      return text === 'true' || text === 'false'
        ? undefined
        : { message: 'is neither true nor false', expected: 'true or false' };
    case 'string':
      return pattern === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(text)
        ? undefined
        : { message: 'is not valid', expected: `a text that matches ${pattern}` };
  }
}

function rangeProblem(
  value: number,
  minimum: number | undefined,
  maximum: number | undefined,
): ValueProblem | undefined {
  const expected = rangeOf(minimum, maximum);
  if (minimum !== undefined && value < minimum) return { message: 'is too small', expected };
  return maximum !== undefined && value > maximum ? { message: 'is too large', expected } : undefined;
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return `an integer of at most ${maximum}`;
  return maximum === undefined
    ? `an integer of at least ${minimum}`
    : `an integer from ${minimum} to ${maximum}`;
}
