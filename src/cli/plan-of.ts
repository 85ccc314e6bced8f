import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { clientToken, MAX_BATCH } from '../launch/identity.ts';
import { MAX_PAYLOAD_BYTES } from '../payload/payload.ts';
import { redact } from '../payload/redact.ts';
import type { Plan } from '../report/plan.ts';
import { settingsOf } from '../report/settings.ts';
import type { Intent } from './intent.ts';

const INIT_FOLDER = '/etc/rolecall/init';

/** All that a launch would do, as data for the report. */
export async function planOf({ role, count, launch, payload }: Intent, catalogue: Catalogue): Promise<Plan> {
  const candidates = initCandidates(role);
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
    settings: settingsOf(role),
    payload: { bytes: payload.bytes, limit: MAX_PAYLOAD_BYTES, text: redact(payload.text) },
    initCandidates: candidates,
    notes: [...overlayNotes(catalogue, candidates)],
  };
}

/** The box's lookup, most specific first (templates/bootstrapper.sh does it). */
function initCandidates({ context, environment, personality }: Intent['role']): string[] {
  const machine = personality['machine_id'] ?? 'INSTANCE_ID';
  return [
    `${INIT_FOLDER}/${context}/${environment}/${machine}.sh`,
    `${INIT_FOLDER}/${context}/${environment}/bootstrapper.sh`,
    `${INIT_FOLDER}/${context}/bootstrapper.sh`,
  ];
}

/** Which candidate the local image has; what a real AMI holds nobody can tell from here. */
function overlayNotes(catalogue: Catalogue, candidates: readonly string[]): string[] {
  const { overlay } = catalogue.localImage ?? {};
  if (overlay === undefined) return [];
  const folder = resolve(dirname(catalogue.path), overlay);
  const winner = candidates.find((path) => existsSync(join(folder, path)));
  return [
    winner === undefined
      ? `the local image (${overlay}) has none of them`
      : `in the local image (${overlay}) ${winner} wins; it gets the role as $role`,
  ];
}
