import { dirname, resolve } from 'node:path';
import type { SealedFile } from '../../bundle/seal.ts';
import { draftIn, regularOutput, writeOutput } from '../../files/output-file.ts';
import type { BuiltBundle } from '../../results/bundle.ts';
import { sealInto } from '../artifacts/bundle.ts';
import { type PackingWords, requireBundle } from '../artifacts/role-bundle.ts';
import { type OverrideWords, type RoleWords, requireRole, roleFrom } from '../launch-request.ts';
import type { Runtime } from '../runtime.ts';
import { openCatalogue } from '../session.ts';
import { keyFileOf } from './key.ts';

/** Of which role a bundle is built, and into which file. */
export interface BundleBuildInput extends RoleWords, OverrideWords, PackingWords {
  readonly catalogue?: string | undefined;
  /** Absent: `ROLE-ENV-CONTEXT.bundle` in the current folder. */
  readonly file?: string | undefined;
}

/** Packs and seals a role's bundle into a file, and writes its key beside it. Nothing is published. */
export async function buildBundle(input: BundleBuildInput, runtime: Runtime): Promise<BuiltBundle> {
  const catalogue = await openCatalogue(input, runtime);
  const role = await roleFrom(catalogue, requireRole(input), input);
  const bundle = await requireBundle(role, catalogue, input, runtime);
  const name = input.file ?? `${role.role}-${role.environment}-${role.context}.bundle`;
  const path = resolve(runtime.cwd, name);
  const keyFile = keyFileOf(path);
  await regularOutput(keyFile);
  const draft = await draftIn(dirname((await regularOutput(path)).path));
  let sealed: SealedFile;
  try {
    sealed = await draft.fill((file) => sealInto(file, bundle, runtime));
    await writeOutput(keyFile, `${sealed.key}\n`, { secret: true });
    await draft.commit(path, { secret: true });
  } finally {
    await draft.discard();
  }
  const { key: _key, ...told } = sealed;
  const modules = bundle.modules.map((module) => module.name);
  return { ...told, role: role.role, modules, path, keyFile };
}
