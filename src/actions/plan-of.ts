import type { Catalogue } from '../catalogue/catalogue.ts';
import { clientToken, MAX_BATCH } from '../launch/identity.ts';
import type { Plan } from '../results/plan.ts';
import { settingsOf } from '../results/settings.ts';
import { MAX_PAYLOAD_BYTES } from '../schemes/payload.ts';
import { artifactNotices, type Intent } from './artifacts/artifacts.ts';

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
  { role, count, launch, payload, artifacts, source }: Intent,
  catalogue: Catalogue,
  { buildDir, estimate, scripts = [] }: PlanWords = {},
): Plan {
  const text = source.scheme.redact(payload.text);
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
    payload: {
      bytes: payload.bytes,
      limit: MAX_PAYLOAD_BYTES,
      estimated: estimate !== undefined,
      text,
    },
    ...artifacts.planned({ role, catalogue, buildDir }, text),
    notes: [
      ...artifactNotices(artifacts, payload),
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
