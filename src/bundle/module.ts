/** The nouns of a bundle's modules. Types only. */

export type VariableType = 'string' | 'integer' | 'boolean';

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
export interface ModuleTest {
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
