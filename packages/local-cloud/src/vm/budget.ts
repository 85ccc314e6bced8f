import { CloudError } from '../errors.ts';
import { type Acceleration, TRANSLATED_MIB } from './acceleration.ts';

/** What each machine gets. */
export interface VmSize {
  readonly memoryMib: number;
  readonly vcpus: number;
}

/** How many machines may be up at once, and the sentence that tells why. */
export interface VmBudget {
  readonly machines: number;
  readonly sentence: string;
}

/** What QEMU takes beside a machine's own memory, MiB. */
const OVERHEAD_MIB: Readonly<Record<Acceleration, number>> = { kvm: 96, tcg: 96 + TRANSLATED_MIB };
/** Left to the rest of this computer. */
const RESERVE_MIB = 512;
/** Virtual processors for each processor of this computer: a machine mostly waits, but not while it boots. */
const VCPUS_PER_CORE: Readonly<Record<Acceleration, number>> = { kvm: 8, tcg: 2 };

/**
 * Returns the size of machines as the environment sets it.
 * @throws CloudError for a value that can't be
 */
export function vmSize(env: NodeJS.ProcessEnv): VmSize {
  return {
    memoryMib: number(env, 'ROLECALL_VM_MEMORY_MIB', 512, 192, 65_536),
    vcpus: number(env, 'ROLECALL_VM_CPUS', 1, 1, 16),
  };
}

function number(env: NodeJS.ProcessEnv, name: string, normal: number, min: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return normal;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= min && value <= max) return value;
  throw new CloudError('usage', `${name} must be a whole number from ${min} to ${max}: ${text}`, {
    hint: `unset it for ${normal}`,
  });
}

/**
 * Returns how many machines this computer has room for.
 * @param availableMib memory that can be used without swapping
 * @param cores processors of this computer
 */
export function vmBudget(size: VmSize, how: Acceleration, availableMib: number, cores: number): VmBudget {
  const byMemory = Math.floor((availableMib - RESERVE_MIB) / (size.memoryMib + OVERHEAD_MIB[how]));
  const byCpu = Math.floor((cores * VCPUS_PER_CORE[how]) / size.vcpus);
  const machines = Math.max(1, Math.min(byMemory, byCpu));
  const why =
    how === 'kvm'
      ? 'QEMU with KVM'
      : 'QEMU without KVM (TCG emulates the processor: a boot takes half a minute or more)';
  const each = `${size.memoryMib} MiB and ${size.vcpus} ${size.vcpus === 1 ? 'vCPU' : 'vCPUs'} a machine`;
  const room = `room for ${machines} ${machines === 1 ? 'machine' : 'machines'} on this computer`;
  const limit = byMemory <= byCpu ? `${availableMib} MiB are free` : `${cores} processors`;
  return { machines, sentence: `${why}; ${each}; ${room} (${limit})` };
}
