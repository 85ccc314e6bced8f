import type { Catalogue } from '../catalogue/catalogue.ts';
import type { LaunchId } from '../model.ts';
import type { Payload } from '../schemes/payload.ts';
import { type Artifacts, artifactNotices, artifactsOf, completeIntent } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { LaunchRequest } from './launch-request.ts';
import { estimateText } from './plan-of.ts';
import { previewArtifacts } from './preview.ts';
import type { Runtime } from './runtime.ts';
import { bucketPlace, type CloudChoice, inSession } from './session.ts';

/** What a caller chooses of a payload. */
export interface RenderChoice extends CloudChoice, BuildChoice {
  /** What is secret is hidden (the nonce, signatures), and no bundle is published. */
  readonly redact: boolean;
}

/** A payload, and what people should know of it. */
export interface Rendered {
  readonly launch: LaunchId;
  readonly payload: Payload;
  readonly notes: readonly string[];
}

/** Renders the payload of a launch, as EC2 would get it. */
export async function render(
  request: LaunchRequest,
  choice: RenderChoice,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<Rendered> {
  const { artifacts, notes } = await artifactsFor(request, choice, catalogue, runtime);
  const { payload } = completeIntent(request, artifacts);
  const text = choice.redact ? request.source.scheme.redact(payload.text) : payload.text;
  return {
    launch: request.launch,
    payload: { ...payload, text },
    notes: [...artifactNotices(artifacts, payload), ...notes],
  };
}

/**
 * A payload that holds the URL and the key of something is good only where that is published; a redacted one shows neither,
 * and publishes nothing.
 */
async function artifactsFor(
  request: LaunchRequest,
  choice: RenderChoice,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<{ readonly artifacts: Artifacts; readonly notes: readonly string[] }> {
  if (request.source.asks !== 'nothing' && !choice.redact) {
    const place = bucketPlace(choice, request.role.region, catalogue);
    return await inSession(place, runtime, async (session) => ({
      artifacts: await artifactsOf(request, choice, session),
      notes: [],
    }));
  }
  const { artifacts, estimate } = await previewArtifacts(choice, request, catalogue, runtime);
  if (estimate === undefined) return { artifacts, notes: [] };
  if (choice.redact) return { artifacts, notes: [estimateText(estimate)] };
  // A form that a stand-in signed is good for nothing.
  return {
    artifacts: { ...artifacts, beacon: undefined },
    notes: [`the forms for beacons, which a launch signs, are left out: ${estimate}`],
  };
}
