import type { Module } from '../../bundle/module.ts';
import type { Runtime } from '../runtime.ts';
import { type CatalogueChoice, collectionNear, requireModule } from './collection.ts';

/** Lists the modules that the catalogue's roles can name; a name chooses one. @throws UsageError where there is none of it */
export async function listModules(
  { name, ...choice }: CatalogueChoice & { readonly name?: string | undefined },
  runtime: Pick<Runtime, 'cwd'>,
): Promise<Module[]> {
  const collection = await collectionNear(choice, runtime);
  if (name !== undefined) return [await requireModule(collection, name)];
  const found = await Promise.all(collection.names.map((each) => collection.find(each)));
  return found.filter((module) => module !== undefined);
}
