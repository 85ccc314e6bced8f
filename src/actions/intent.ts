import { randomBytes } from 'node:crypto';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Role } from '../catalogue/role.ts';
import type { Host } from '../cli/context.ts';
import { type LaunchAnswers, MAX_COUNT } from '../cli/prompts/picker.ts';
import { UsageError } from '../errors.ts';
import type { LaunchId, Nonce } from '../model.ts';
import type { Payload } from '../schemes/payload.ts';
import type { Pins } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import { payloadFor } from './artifacts/payloads.ts';
import type { PackingWords, RoleBundle } from './artifacts/role-bundle.ts';
import { type OverrideWords, type RoleWords, roleFrom } from './catalogue.ts';
import { launchIdFor } from './launch-id.ts';

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

export interface IntentWords extends RoleWords, OverrideWords, BuildChoice, PackingWords {
  readonly count?: number | undefined;
  readonly 'launch-id'?: string | undefined;
}

/** Completes the arguments: asks on a terminal for what is missing, else throws a UsageError that names the flags. */
export async function askIntent(
  values: IntentWords,
  catalogue: Catalogue,
  host: Host,
): Promise<LaunchAnswers> {
  checkCount(values.count);
  const { pickLaunch } = await import('../cli/prompts/picker.ts');
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
  if (role.app !== undefined || values.build !== undefined || values['build-sha256'] !== undefined) {
    const { checkDeploys } = await import('./artifacts/build.ts');
    checkDeploys(role, catalogue, values);
  }
  const bundle = await bundleOf(role, catalogue, values, host);
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
  words: PackingWords | 'measured',
  host: Host,
): Promise<RoleBundle | undefined> {
  const given = words !== 'measured' && (words['allow-secret'] ?? words['allow-outside']) !== undefined;
  if (role.bundle === undefined && !given) return undefined;
  return await (await import('./artifacts/role-bundle.ts')).loadBundle(role, catalogue, words, host);
}

/** Renders the payload. */
export async function completeIntent(draft: Draft, pins: Pins): Promise<Intent> {
  return { ...draft, pins, payload: await payloadFor(draft, pins) };
}

function checkCount(count: number | undefined): void {
  if (count === undefined || (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT)) return;
  throw new UsageError(`--count must be a whole number from 1 to ${MAX_COUNT}`, {
    hint: 'for more machines, launch several times',
  });
}
