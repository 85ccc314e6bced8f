/** The scheme start-up-bundle, with what it takes of this computer and of S3. */
import { tarSha256 } from '../../archive/write.ts';
import { bundleEntries } from '../../bundle/entries.ts';
import { declaredSecrets } from '../../bundle/parts.ts';
import { hashTag } from '../../launch/request.ts';
import type { BundleKey } from '../../model.ts';
import { startUpPayload } from '../../schemes/start-up-bundle/payload.ts';
import { type PlannedBundle, startUpPlan } from '../../schemes/start-up-bundle/plan.ts';
import { redactScript } from '../../schemes/start-up-bundle/script.ts';
import { moduleScripts } from '../script-checks.ts';
import { type BundleArtifact, previewArtifact, publishArtifact, startUpTemplate } from './bundle.ts';
import { bundleSettingsOf, checkRole, type RoleBundle, requireBundle } from './role-bundle.ts';
import type { ArtifactSource, Scheme, SchemeArtifacts } from './scheme.ts';

export const startUpBundle: Scheme = {
  // A role with modules deploys nothing, but the tags of its running machines hold a hash of these.
  settings: ({ fetch, keep = null }) => ({ app: null, fetch, keep }),
  redact: redactScript,
  check: (role, catalogue, cwd) => checkRole(bundleSettingsOf(role, catalogue), catalogue, cwd),
  longest: ({ role, ...run }) => startUpPayload(role, { ...run, bundle: LONGEST }, startUpTemplate()),
  source: async (role, catalogue, words, runtime) =>
    bundleSource(await requireBundle(role, catalogue, words, runtime)),
  wanted: async (role, catalogue, { runtime }) => {
    const { parts } = await requireBundle(role, catalogue, 'measured', runtime);
    const hashing = tarSha256(bundleEntries(parts), runtime.signal);
    return { bundle: hashTag(await runtime.user.waiting({ doing: 'reading the modules' }, hashing)) };
  },
};

/** As long as with a URL that is signed with temporary credentials. */
const LONGEST = {
  url: `https://${'x'.repeat(2000)}`,
  key: '0'.repeat(64) as BundleKey,
  sha256: '0'.repeat(64),
  compression: 'gzip',
} as const;

/** What a launch packs the bundle of its machines from. */
export const bundleSource = (bundle: RoleBundle): ArtifactSource => ({
  scheme: startUpBundle,
  asks: 'signatures',
  secrets: declaredSecrets(bundle.parts),
  scripts: ({ catalogue }) => moduleScripts(bundle.modules, catalogue),
  make: async ({ launch, bucket, purpose, runtime }) => {
    const make = purpose === 'launch' ? publishArtifact : previewArtifact;
    return startUpArtifacts(bundle, await make(bundle, launch, bucket(), runtime));
  },
});

/** A URL that machines of a later batch would find expired is signed anew. */
const LEAST_MS = 3_600_000;

/** What machines with modules get: the sealed bundle. */
export const startUpArtifacts = (
  bundle: Pick<RoleBundle, 'settings' | 'modules' | 'parts' | 'outside'>,
  artifact: BundleArtifact,
): SchemeArtifacts => ({
  content: { bundle: artifact.sealed },
  notices: artifact.notice === undefined ? [] : [artifact.notice],
  payload: ({ role, ...run }) => startUpPayload(role, { ...run, bundle: artifact.pinned }, startUpTemplate()),
  renewed: async (bucket, now) => {
    const { pinned, published } = artifact;
    const isEnding = published?.expiresAt !== undefined && published.expiresAt - now < LEAST_MS;
    if (!isEnding) return startUpArtifacts(bundle, artifact);
    const { url } = await bucket.presignGet(published.key, bundle.settings.expiresMs / 1000);
    return startUpArtifacts(bundle, { ...artifact, pinned: { ...pinned, url } });
  },
  planned: (_look, payload) => {
    const planned = plannedBundle(bundle, artifact);
    return { bundle: planned, boot: startUpPlan(planned, payload) };
  },
});

const plannedBundle = (
  { settings, modules, parts, outside }: Pick<RoleBundle, 'settings' | 'modules' | 'parts' | 'outside'>,
  { sealed }: BundleArtifact,
): PlannedBundle => ({
  modules: modules.map(({ name, description, origin, timeoutMs }) => ({
    name,
    description,
    origin,
    timeoutMs,
    variables: (parts.values.get(name) ?? []).map(([variable]) => variable),
  })),
  files: sealed.files,
  bytes: sealed.size,
  tarSha256: sealed.tarSha256,
  compression: settings.compression,
  access: settings.access,
  expiresMs: settings.expiresMs,
  outside: outside.map(({ setting, real }) => ({ name: setting, path: real })),
});
