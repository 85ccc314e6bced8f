import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { clientToken, MAX_BATCH } from '../launch/identity.ts';
import type { Plan, PlannedBundle } from '../results/plan.ts';
import { settingsOf } from '../results/settings.ts';
import { MAX_PAYLOAD_BYTES } from '../schemes/payload.ts';
import { type InitLookup, type Knowledge, lookUp } from '../schemes/personality/init-script.ts';
import { redact } from '../schemes/redact.ts';
import type { BundlePin } from './artifacts/bundle.ts';
import type { Intent } from './artifacts/payloads.ts';
import { pinNotices } from './artifacts/payloads.ts';
import type { RoleBundle } from './artifacts/role-bundle.ts';
import { overlayInit } from './script-checks.ts';

interface PlanWords {
  /** A local folder that stands for the build: its init scripts are looked at. */
  readonly buildDir?: string | undefined;
  /** See Preview. */
  readonly estimate?: string | undefined;
  /** Notes on the scripts that the machine would run. */
  readonly scripts?: readonly string[];
}

/** All that a launch would do, as data for the report. */
export function planOf(
  intent: Intent,
  catalogue: Catalogue,
  { buildDir, estimate, scripts = [] }: PlanWords = {},
): Plan {
  const { role, count, launch, payload, pins } = intent;
  const pin = pins.build;
  return {
    launch,
    catalogueFile: catalogue.path,
    role: role.role,
    environment: role.environment,
    context: role.context,
    description: role.description,
    region: role.region,
    ami: role.ami,
    count,
    batches: Array.from({ length: Math.ceil(count / MAX_BATCH) }, (_, index) => ({
      batch: index + 1,
      count: Math.min(MAX_BATCH, count - index * MAX_BATCH),
      clientToken: clientToken(launch, index + 1),
    })),
    build: pin && {
      build: pin.build,
      access: pin.pinned.access,
      ...(pin.promoted && { promoted: pin.promoted }),
    },
    settings: settingsOf(role),
    payload: {
      bytes: payload.bytes,
      limit: MAX_PAYLOAD_BYTES,
      estimated: estimate !== undefined,
      text: redact(payload.text),
    },
    ...(intent.bundle === undefined
      ? { init: initLookup(intent, catalogue, buildDir) }
      : { bundle: plannedBundle(intent.bundle, pins.bundle) }),
    notes: [
      ...pinNotices(pins, payload),
      ...(estimate === undefined ? [] : [estimateText(estimate)]),
      ...(buildDir === undefined
        ? []
        : [`the folder ${buildDir} stands for the build: nothing was looked up`]),
      ...scripts,
    ],
  };
}

/** The note on a payload that stand-ins signed. */
export const estimateText = (why: string): string =>
  `the payload's size is an estimate, since stand-ins signed it: ${why}; temporary credentials would add a session token`;

function plannedBundle(
  { settings, modules, parts, outside }: RoleBundle,
  pin: BundlePin | undefined,
): PlannedBundle {
  return {
    modules: modules.map(({ name, description, origin, timeoutMs }) => ({
      name,
      description,
      origin,
      timeoutMs,
      variables: (parts.values.get(name) ?? []).map(([variable]) => variable),
    })),
    files: pin?.sealed.files ?? 0,
    bytes: pin?.sealed.size ?? 0,
    tarSha256: pin?.sealed.tarSha256 ?? '',
    compression: settings.compression,
    access: settings.access,
    expiresMs: settings.expiresMs,
    outside: outside.map(({ setting, real }) => ({ name: setting, path: real })),
  };
}

function initLookup(
  { role, pins: { build: pin } }: Intent,
  catalogue: Catalogue,
  buildDir: string | undefined,
): InitLookup {
  const { environment, context, personality } = role;
  const machineId = personality['machine_id'];
  const build = buildDir === undefined ? pin && listed(pin.build.init) : inFolder(join(buildDir, 'init'));
  const overlay = overlayInit(catalogue);
  // What the local image has is what its author means to have on the AMI; what that really holds nobody knows here.
  const ami = overlay === undefined ? () => 'unknown' as const : inFolder(overlay);
  return lookUp({ environment, context, machineId }, ami, build);
}

const listed =
  (scripts: readonly string[]): Knowledge =>
  (script) =>
    scripts.includes(script) ? 'found' : 'absent';

const inFolder =
  (folder: string): Knowledge =>
  (script) =>
    existsSync(join(folder, script)) ? 'found' : 'absent';
