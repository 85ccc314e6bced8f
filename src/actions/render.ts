import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Payload } from '../schemes/payload.ts';
import { redact } from '../schemes/redact.ts';
import { type Pins, pinsOf } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import { completeIntent, pinNotices } from './artifacts/payloads.ts';
import type { LaunchRequest } from './launch-request.ts';
import { estimateText } from './plan-of.ts';
import { previewPins } from './preview.ts';
import type { Runtime } from './runtime.ts';
import { bucketPlace, type CloudChoice, inSession } from './session.ts';

/** What a caller chooses of a payload. */
interface RenderChoice extends CloudChoice, BuildChoice {
  /** What is secret is hidden (the nonce, signatures), and no bundle is published. */
  readonly redact: boolean;
}

/** A payload, and what people should know of it. */
export interface Rendered {
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
  const { pins, notes } = await pinsFor(request, choice, catalogue, runtime);
  const { payload } = await completeIntent(request, pins);
  const text = choice.redact ? redact(payload.text) : payload.text;
  return { payload: { ...payload, text }, notes: [...pinNotices(pins, payload), ...notes] };
}

/**
 * The payload of a role with modules holds the URL and the key of a bundle, which is published for it; a redacted one shows
 * neither, and publishes nothing.
 */
async function pinsFor(
  request: LaunchRequest,
  choice: RenderChoice,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<{ readonly pins: Pins; readonly notes: readonly string[] }> {
  if (request.bundle !== undefined && !choice.redact) {
    const place = bucketPlace(choice, request.role.region, catalogue);
    return await inSession(place, runtime, async (session) => ({
      pins: await pinsOf(request, choice, session),
      notes: [],
    }));
  }
  const { pins, estimate } = await previewPins(choice, request, catalogue, runtime);
  if (estimate === undefined) return { pins, notes: [] };
  if (choice.redact) return { pins, notes: [estimateText(estimate)] };
  // A form that a stand-in signed is good for nothing.
  return {
    pins: {},
    notes: [`the forms for beacons, which a launch signs, are left out: ${estimate}`],
  };
}
