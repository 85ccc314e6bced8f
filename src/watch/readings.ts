import type { Ec2 } from '../aws/ports.ts';
import { type InstanceId, isNonce, type LaunchId, type Machine, type Nonce } from '../model.ts';
import type { Reading } from './facts.ts';
import type { Plan } from './plan.ts';
import type { Tracked } from './tracked.ts';

/** The RunInstances call that a machine came from: all its machines have one payload. */
export const callOf = ({ tags, instanceId }: Machine): string => tags['rolecall:batch'] ?? instanceId;

/** What is looked for in the words of each machine. A nonce that isn't known is recovered once a RunInstances call. */
export class Readings {
  readonly #plan: Plan;
  readonly #nonces = new Map<string, Nonce>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** As long as nothing is known of the nonce, no marker can be believed. */
  of({ machine, reading }: Tracked): Reading {
    return reading ?? this.with(machine);
  }

  with({ instanceId }: Machine, nonce?: Nonce): Reading {
    const { launch, mask, success, failure } = this.#plan;
    return { launch, instanceId, nonce, mask, success, failure };
  }

  /** @returns undefined where the nonce would have to be recovered first */
  known(tracked: Tracked): Reading | undefined {
    const nonce = this.#nonces.get(callOf(tracked.machine));
    if (nonce !== undefined) tracked.reading ??= this.with(tracked.machine, nonce);
    return tracked.reading;
  }

  /** @throws AwsError where the nonce has to be recovered, and can't be */
  async settled(tracked: Tracked): Promise<Reading> {
    const { machine } = tracked;
    const known = this.known(tracked);
    if (known !== undefined) return known;
    const nonce = await recoverNonce(this.#plan.ec2, this.#plan.launch, machine.instanceId);
    if (nonce !== undefined) this.#nonces.set(callOf(machine), nonce);
    tracked.reading ??= this.with(machine, nonce);
    return tracked.reading;
  }
}

/**
 * Recovers the nonce of a machine from its user data.
 * @returns undefined where the user data names another launch, or none, or holds no nonce
 * @throws AwsError
 */
export async function recoverNonce(
  ec2: Pick<Ec2, 'userData'>,
  launch: LaunchId,
  instanceId: InstanceId,
): Promise<Nonce | undefined> {
  const userData = (await ec2.userData(instanceId)) ?? '';
  const nonce = entry(userData, 'rolecall_nonce');
  if (nonce === undefined || !isNonce(nonce)) return undefined;
  return entry(userData, 'rolecall_launch') === launch ? nonce : undefined;
}

/** The value of a `key=value` line; a script's quotes around it are no part of it. */
const entry = (userData: string, key: string): string | undefined =>
  new RegExp(`^${key}=(['"]?)([A-Za-z0-9._-]+)\\1\\r?$`, 'm').exec(userData)?.[2];
