/** The scheme personality, with what it takes of this computer and of S3. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../../catalogue/role.ts';
import { UsageError } from '../../errors.ts';
import { redact } from '../../redact.ts';
import { type InitLookup, type Knowledge, lookUp } from '../../schemes/personality/init-script.ts';
import { personalityPayload } from '../../schemes/personality/payload.ts';
import { personalityPlan } from '../../schemes/personality/plan.ts';
import { initScripts, overlayInit } from '../script-checks.ts';
import { requireBucket } from '../session.ts';
import type { BuildArtifact } from './build.ts';
import type { PackingWords } from './role-bundle.ts';
import type { ArtifactSource, Look, Scheme, SchemeArtifacts } from './scheme.ts';

export const personality: Scheme = {
  settings: ({ app = null, fetch, keep = null }) => ({ app, fetch, keep }),
  redact,
  check: async () => ({ modules: [], faults: [] }),
  longest: ({ role, ...run }) => personalityPayload(role, run),
  source: async (role, _catalogue, words) => {
    refuseWords(words, role);
    return personalitySource(role);
  },
  wanted: async ({ app, environment }, _catalogue, session) => {
    if (app === undefined) return {};
    const { readPointer } = await import('../../release/current.ts');
    return { build: (await readPointer(requireBucket(session), app, environment))?.pointer.tag };
  },
};

function refuseWords(words: PackingWords, { role }: Role): void {
  const { allowSecret = [], allowOutside = [] } = words;
  if (allowSecret.length + allowOutside.length === 0) return;
  const given = allowSecret.length > 0 ? 'allow-secret' : 'allow-outside';
  throw new UsageError(`the role ${role} has no modules, so --${given} means nothing`, {
    hint: 'leave it out: only a start-up bundle is packed from files of this machine',
  });
}

const personalitySource = (role: Role): ArtifactSource => ({
  scheme: personality,
  asks: role.app === undefined ? 'nothing' : 'requests',
  scripts: async ({ catalogue, buildDir }) => {
    const folders = [buildDir === undefined ? undefined : join(buildDir, 'init'), overlayInit(catalogue)];
    const found = await Promise.all(
      folders.map((folder) =>
        folder === undefined ? [] : initScripts(join(folder, role.context), catalogue),
      ),
    );
    return found.flat();
  },
  make: async ({ choice, purpose, bucket, recorded }) => {
    const { app } = role;
    if (app === undefined || purpose === 'signed') return personalityArtifacts();
    const { buildArtifact } = await import('./build.ts');
    return personalityArtifacts(await buildArtifact({ ...role, app }, bucket(), choice, await recorded()));
  },
});

/** What machines with a personality get: a build, or what the AMI holds. */
export const personalityArtifacts = (build?: BuildArtifact): SchemeArtifacts => ({
  content: { build: build?.build },
  notices: build?.notice === undefined ? [] : [build.notice],
  payload: ({ role, ...run }) => personalityPayload(role, { ...run, pinned: build?.pinned }),
  planned: (look, payload) => {
    const init = initLookup(look, build);
    return {
      build: build && {
        build: build.build,
        access: build.pinned.access,
        ...(build.promoted && { promoted: build.promoted }),
      },
      init,
      boot: personalityPlan(look.role.role, init, build?.build.tag, payload),
    };
  },
});

function initLookup(
  { role: { environment, context, personality: keys }, catalogue, buildDir }: Look,
  artifact: BuildArtifact | undefined,
): InitLookup {
  const machineId = keys['machine_id'];
  const build =
    buildDir === undefined ? artifact && listed(artifact.build.init) : inFolder(join(buildDir, 'init'));
  const overlay = overlayInit(catalogue);
  // What the local image has is what its author means to have on the AMI; what that really holds nobody knows here.
  const ami = overlay === undefined ? () => 'unknown' as const : inFolder(overlay);
  return lookUp({ environment, context, machineId }, ami, build);
}

const listed =
  (paths: readonly string[]): Knowledge =>
  (script) =>
    paths.includes(script) ? 'found' : 'absent';

const inFolder =
  (folder: string): Knowledge =>
  (script) =>
    existsSync(join(folder, script)) ? 'found' : 'absent';
