import { argv } from './generators/argv.ts';
import { catalogue } from './generators/catalogue.ts';
import { environment } from './generators/environment.ts';
import { files } from './generators/files.ts';
import { flags } from './generators/flags.ts';
import { modules } from './generators/modules.ts';
import type { Generator } from './input.ts';

/** All sources of bad inputs; the campaign takes from each in turn. */
export const GENERATORS: readonly Generator[] = [argv, flags, catalogue, environment, modules, files];
