import { join } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { noteText } from '../scripts/script.ts';
import type { LaunchRequest } from './launch-request.ts';
import { initScripts, moduleScripts, overlayInit, requireSound } from './script-checks.ts';

/**
 * Checks the scripts that a planned machine would run, as far as they are on this computer: its modules', or the init
 * scripts of the build's folder and of the overlay that its context has.
 * @returns notes
 * @throws DocumentError for scripts that can't work
 */
export async function planScripts(
  { role, bundle }: LaunchRequest,
  catalogue: Catalogue,
  buildDir: string | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const folders = [buildDir === undefined ? undefined : join(buildDir, 'init'), overlayInit(catalogue)];
  const found = await Promise.all(
    folders.map((folder) => (folder === undefined ? [] : initScripts(join(folder, role.context), catalogue))),
  );
  const scripts = bundle === undefined ? found.flat() : await moduleScripts(bundle.modules, catalogue);
  return (await requireSound(scripts, signal)).map(noteText);
}
