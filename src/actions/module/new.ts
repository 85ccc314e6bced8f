import { scaffoldModule } from '../../bundle/scaffold.ts';
import type { Runtime } from '../runtime.ts';
import { type CatalogueChoice, collectionNear, labelIn, shelvesNear } from './collection.ts';

/** A folder with a module that was made. */
export interface NewModule {
  /** Absolute. */
  readonly folder: string;
  /** The same, relative to the current folder where it lies in it. */
  readonly label: string;
}

/** Makes a module with a test, beside the catalogue. @throws UsageError for a name that can't be one, or that is taken */
export async function newModule(
  { name, ...choice }: CatalogueChoice & { readonly name: string },
  runtime: Pick<Runtime, 'cwd'>,
): Promise<NewModule> {
  const { names } = await collectionNear(choice, runtime);
  const folder = await scaffoldModule((await shelvesNear(choice, runtime)).own, name, names);
  return { folder, label: labelIn(runtime.cwd)(folder) };
}
