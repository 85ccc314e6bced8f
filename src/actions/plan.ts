import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { UsageError } from '../errors.ts';
import type { Plan } from '../results/plan.ts';
import { noteText } from '../scripts/script.ts';
import type { BuildChoice } from './artifacts/build.ts';
import { completeIntent } from './artifacts/payloads.ts';
import type { LaunchRequest } from './launch-request.ts';
import { planOf } from './plan-of.ts';
import { previewPins } from './preview.ts';
import type { Runtime } from './runtime.ts';
import { initScripts, moduleScripts, overlayInit, requireSound } from './script-checks.ts';
import type { CloudChoice } from './session.ts';

/** What a caller chooses of a plan. */
export interface PlanChoice extends CloudChoice, BuildChoice {
  /** A local folder that stands for the build, so that nothing has to be looked up. */
  readonly buildDir?: string | undefined;
}

/**
 * Tells all that a launch would do, and does nothing. S3 is asked only for a role that deploys an app: which build that is.
 * What a launch signs is signed here too, which takes credentials but asks nobody.
 */
export async function plan(
  request: LaunchRequest,
  choice: PlanChoice,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<Plan> {
  const buildDir = folderOf(choice, request, runtime);
  const scripts = await planScripts(request, catalogue, buildDir, runtime.signal);
  const { pins, estimate } = await previewPins(choice, request, catalogue, runtime, buildDir === undefined);
  return planOf(await completeIntent(request, pins), catalogue, { buildDir, estimate, scripts });
}

/** @throws UsageError */
function folderOf(
  { buildDir: given, ...choice }: PlanChoice,
  { role }: LaunchRequest,
  { cwd }: Runtime,
): string | undefined {
  if (given === undefined) return undefined;
  if (role.app === undefined)
    throw new UsageError(`the role ${role.role} deploys no app, so --build-dir means nothing`, {
      hint: 'leave it out: the init scripts are those of the AMI',
    });
  if (choice.build !== undefined || choice['build-sha256'] !== undefined)
    throw new UsageError('--build-dir names a build, and so does --build or --build-sha256', {
      hint: 'give one of them',
    });
  const folder = resolve(cwd, given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UsageError(`there is no folder ${folder}`, {
    hint: 'give the folder that would become the build',
  });
}

/**
 * Checks the scripts that a planned machine would run, as far as they are on this computer: its modules', or the init
 * scripts of the build's folder and of the overlay that its context has.
 * @returns notes
 * @throws DocumentError for scripts that can't work
 */
async function planScripts(
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
