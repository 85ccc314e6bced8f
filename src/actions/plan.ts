import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { UsageError } from '../errors.ts';
import type { Plan } from '../results/plan.ts';
import { noteText } from '../scripts/script.ts';
import { completeIntent } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { LaunchRequest } from './launch-request.ts';
import { planOf } from './plan-of.ts';
import { previewArtifacts } from './preview.ts';
import type { Runtime } from './runtime.ts';
import { requireSound } from './script-checks.ts';
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
  const found = await request.source.scripts({ role: request.role, catalogue, buildDir });
  const scripts = (await requireSound(found, runtime.signal)).map(noteText);
  const { artifacts, estimate } = await previewArtifacts(
    choice,
    request,
    catalogue,
    runtime,
    buildDir === undefined,
  );
  return planOf(completeIntent(request, artifacts), catalogue, { buildDir, estimate, scripts });
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
  if (choice.build !== undefined || choice.buildSha256 !== undefined)
    throw new UsageError('--build-dir names a build, and so does --build or --build-sha256', {
      hint: 'give one of them',
    });
  const folder = resolve(cwd, given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UsageError(`there is no folder ${folder}`, {
    hint: 'give the folder that would become the build',
  });
}
