import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import { type LaunchAnswers, MAX_COUNT } from '../io/picker.ts';
import type { LaunchId, Nonce } from '../nouns.ts';
import type { PinnedBeacon } from '../payload/beacon.ts';
import type { Payload } from '../payload/payload.ts';
import type { BeaconPin } from './beacon-pin.ts';
import type { Pin } from './build-pin.ts';
import type { BundlePin } from './bundle-pin.ts';
import { type OverrideWords, type RoleWords, roleFrom } from './catalogue.ts';
import type { Host } from './host.ts';
import { launchIdFor } from './launch-id.ts';
import type { RoleBundle } from './role-bundle.ts';

/** What a launch is about, before its build or its bundle is made sure of. */
export interface Draft {
  readonly role: Role;
  /** What its bundle will be packed from; absent for a role without modules. */
  readonly bundle?: RoleBundle | undefined;
  readonly count: number;
  readonly launch: LaunchId;
  /** The id was made this moment. */
  readonly isNew: boolean;
  readonly nonce: Nonce;
}

/** What a launch is about, before anything is sent. */
export interface Intent extends Draft {
  readonly pins: Pins;
  readonly payload: Payload;
}

/** What all machines of a launch get. */
export interface Pins {
  /** The build that they deploy; absent for a role that deploys none. */
  readonly build?: Pin | undefined;
  /** The bundle that they start from; a role without modules has none. */
  readonly bundle?: BundlePin | undefined;
  /** How they send beacons; absent where the catalogue has no bucket, or wants none. */
  readonly beacon?: BeaconPin | undefined;
}

/** What of the pins stands in the payload. */
interface PayloadPins {
  readonly build?: Pick<Pin, 'pinned'> | undefined;
  readonly bundle?: Pick<BundlePin, 'pinned'> | undefined;
  readonly beacon?: BeaconPin | undefined;
}

type PayloadDraft = Pick<Draft, 'role' | 'launch' | 'nonce'>;

export interface IntentWords extends RoleWords, OverrideWords {
  readonly count?: number | undefined;
  readonly build?: string | undefined;
  readonly 'launch-id'?: string | undefined;
}

/** Completes the arguments: asks on a terminal for what is missing, else throws a UsageError that names the flags. */
export async function askIntent(
  values: IntentWords,
  catalogue: Catalogue,
  host: Host,
): Promise<LaunchAnswers> {
  checkCount(values.count);
  const { pickLaunch } = await import('../io/picker.ts');
  const named = (names: readonly string[]) => names.map((value) => ({ value }));
  return await pickLaunch(
    host.terminal,
    {
      roles: catalogue.roles.map(({ name, description }) => ({ value: name, description })),
      environments: named(catalogue.environments),
      contexts: named(catalogue.contexts),
    },
    values,
  );
}

/** Resolves the role: pure but for the ids that it draws. @throws UsageError, also for a build that can't be meant */
export async function draftIntent(
  values: IntentWords,
  answers: LaunchAnswers,
  catalogue: Catalogue,
  host: Host,
): Promise<Draft> {
  const { newNonce } = await import('../launch/identity.ts');
  const role = await roleFrom(catalogue, answers, values);
  if (role.app !== undefined || values.build !== undefined) {
    const { checkDeploys } = await import('./build-pin.ts');
    checkDeploys(role, catalogue, values.build);
  }
  const bundle = await bundleOf(role, catalogue, host);
  const { launch, isNew } = await launchIdFor(
    values['launch-id'],
    role,
    { verb: 'launch', target: String(answers.count) },
    host,
  );
  return { role, bundle, count: answers.count, launch, isNew, nonce: newNonce(randomBytes) };
}

/** Its modules and their variables, checked; undefined for a role without modules, for which nothing is loaded. */
export async function bundleOf(
  role: Role,
  catalogue: Catalogue,
  host: Host,
): Promise<RoleBundle | undefined> {
  if (role.bundle === undefined) return undefined;
  return await (await import('./role-bundle.ts')).loadBundle(role, catalogue, host);
}

/** Renders the payload. */
export async function completeIntent(draft: Draft, pins: Pins): Promise<Intent> {
  return { ...draft, pins, payload: await payloadFor(draft, pins) };
}

/**
 * The payload of a role: the scheme's whose pin there is. Made anew for each batch whose pins differ. Beacons that there is
 * no room for are left out.
 * @throws UsageError for one that is too large even so
 */
export async function payloadFor(draft: PayloadDraft, pins: PayloadPins): Promise<Payload> {
  const beacon = pins.beacon?.pinned;
  if (beacon === undefined) return await schemePayload(draft, pins);
  try {
    return await schemePayload(draft, pins, beacon);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Whatever else is wrong with it is told again.
    return await schemePayload(draft, pins);
  }
}

/** Whether the machines that get this payload send beacons. */
export const sendsBeacons = ({ text }: Payload): boolean => /^rolecall_beacon_url=/m.test(text);

/** Why the machines of a launch send none, though they were meant to. */
export function beaconNotice({ beacon }: Pins, payload: Payload): string | undefined {
  if (beacon?.pinned === undefined || sendsBeacons(payload)) return beacon?.notice;
  return 'no beacons, the console alone tells how machines boot: the payload has no room for them';
}

async function schemePayload(
  { role, launch, nonce }: PayloadDraft,
  { build, bundle }: PayloadPins,
  beacon?: PinnedBeacon,
): Promise<Payload> {
  if (bundle === undefined) {
    const { personalityPayload } = await import('../payload/personality.ts');
    return personalityPayload(role, { launch, nonce, pinned: build?.pinned, beacon });
  }
  const [{ startUpPayload }, { startUpTemplate }] = await Promise.all([
    import('../payload/start-up.ts'),
    import('./bundle-pin.ts'),
  ]);
  return startUpPayload(role, { launch, nonce, bundle: bundle.pinned, beacon }, startUpTemplate());
}

function checkCount(count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT)) return;
  throw new UsageError(`--count must be a whole number from 1 to ${MAX_COUNT}`, {
    hint: 'for more machines, launch several times',
  });
}
