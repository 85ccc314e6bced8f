import type { Ec2 } from '../aws/ports.ts';
import { isNonce, type LaunchId, type Machine, type Nonce } from '../model.ts';

/** Recovers nonces from user data: once a RunInstances call, since all its machines have one payload. */
export class Nonces {
  readonly #ec2: Pick<Ec2, 'userData'>;
  readonly #launch: LaunchId;
  readonly #known = new Map<string, Nonce>();

  constructor(ec2: Pick<Ec2, 'userData'>, launch: LaunchId) {
    this.#ec2 = ec2;
    this.#launch = launch;
  }

  /** The nonce of a machine whose batch was asked about before. */
  known({ tags, instanceId }: Machine): Nonce | undefined {
    return this.#known.get(tags['rolecall:batch'] ?? instanceId);
  }

  /**
   * @returns undefined where the machine's user data holds no nonce of the launch
   * @throws AwsError
   */
  async of(machine: Machine): Promise<Nonce | undefined> {
    const call = machine.tags['rolecall:batch'] ?? machine.instanceId;
    const known = this.#known.get(call);
    if (known !== undefined) return known;
    const nonce = nonceOf((await this.#ec2.userData(machine.instanceId)) ?? '', this.#launch);
    if (nonce !== undefined) this.#known.set(call, nonce);
    return nonce;
  }
}

/**
 * Finds the nonce in a machine's user data, for a watch that did not make the launch itself.
 * @returns undefined where the user data names another launch, or none, or holds no nonce
 */
function nonceOf(userData: string, launch: LaunchId): Nonce | undefined {
  const nonce = entry(userData, 'rolecall_nonce');
  if (nonce === undefined || !isNonce(nonce)) return undefined;
  return entry(userData, 'rolecall_launch') === launch ? nonce : undefined;
}

/** The value of a `key=value` line; a script's quotes around it are no part of it. */
const entry = (userData: string, key: string): string | undefined =>
  new RegExp(`^${key}=(['"]?)([A-Za-z0-9._-]+)\\1\\r?$`, 'm').exec(userData)?.[2];
