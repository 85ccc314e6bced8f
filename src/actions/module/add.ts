import { type AddedModule, addModules } from '../../bundle/add.ts';
import { fetchSource, parseSource } from '../../bundle/source.ts';
import { removeOwnFolder } from '../../files/own-folder.ts';
import { scratchFolder } from '../../files/scratch.ts';
import type { Runtime } from '../runtime.ts';
import { type CatalogueChoice, collectionNear, labelIn, shelvesNear } from './collection.ts';

/** Which modules are added, and from where. */
export interface ModuleAddInput extends CatalogueChoice {
  /** A folder, a git URL with #REF, or npm:PACKAGE@VERSION. */
  readonly source: string;
  /** Which modules of the source; absent: the only one. */
  readonly names?: readonly string[] | undefined;
  /** Replace the module of that name that is there. */
  readonly force: boolean;
}

/** What was added. */
export interface ModuleAddition {
  /** The git commit or npm version; absent for a folder. */
  readonly resolved?: string | undefined;
  /** `label`: the folder, relative to the current one where it lies in it. */
  readonly modules: readonly (AddedModule & { readonly label: string })[];
}

/** Copies modules of others beside the catalogue, pinned by their content. @throws UsageError, ConflictError, InterruptedError */
export async function addModule(input: ModuleAddInput, runtime: Runtime): Promise<ModuleAddition> {
  const { source: given, names = [], force } = input;
  const { cwd, signal, user } = runtime;
  const { own } = await shelvesNear(input, runtime);
  const { standard } = await collectionNear(input, runtime);
  const source = parseSource(given, cwd);
  const scratch = await scratchFolder();
  try {
    const wait = { doing: `getting ${given}`, left: 'nothing was added' };
    const fetched = await user.waiting(wait, fetchSource(source, scratch, signal));
    const added = await addModules(fetched, { shelf: own, source: given, names, force, standard });
    const label = labelIn(cwd);
    return {
      resolved: fetched.resolved,
      modules: added.map((module) => ({ ...module, label: label(module.folder) })),
    };
  } finally {
    await removeOwnFolder(scratch);
  }
}
