import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SYSTEM_ENV } from '../box/kernel.ts';
import { CloudError } from '../errors.ts';

const execFileAsync = promisify(execFile);

/** How QEMU runs a machine's code: by the processor itself, or by translating it, which takes about ten times as long. */
export type Acceleration = 'kvm' | 'tcg';

/** Memory that QEMU keeps translated code in, where it translates; without a limit it takes a gigabyte. */
export const TRANSLATED_MIB = 512;

/**
 * Returns QEMU's options for the processor of a machine. Where QEMU translates, instructions that it is slow at are left out:
 * copies by the byte (erms, fsrm) and AVX, which libraries and the kernel would prefer. It saves a quarter of a boot.
 */
export function processorOptions(how: Acceleration): readonly string[] {
  return how === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'max']
    : ['-accel', `tcg,tb-size=${TRANSLATED_MIB}`, '-cpu', 'max,-erms,-fsrm,-avx,-avx2'];
}

const DEVICE = '/dev/kvm';
/** How long a probe may take; it needs a tenth of a second where KVM works. */
const PROBE_MS = 5_000;
/** What a probe leaves QEMU with: isa-debug-exit ends with 2 * value + 1. */
const PROBE_CODE = 0x11;
const PROBE_EXIT = 2 * PROBE_CODE + 1;

/**
 * A boot sector that switches to protected mode and ends QEMU from there: `mov al, 0x11; out 0xf4, al`.
 * It shows that a machine's code really runs: in some virtual machines /dev/kvm opens, and no guest gets anywhere.
 */
function bootSector(): Buffer {
  const code = [
    0xfa, // cli
    ...[0x31, 0xc0, 0x8e, 0xd8], // xor ax, ax; mov ds, ax
    ...[0x0f, 0x01, 0x16, 0x22, 0x7c], // lgdt [0x7c22]
    ...[0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0], // cr0 |= 1
    ...[0xea, 0x17, 0x7c, 0x08, 0x00], // jmp 0x08:0x7c17
    ...[0xb0, PROBE_CODE, 0xe6, 0xf4], // mov al, code; out 0xf4, al
    ...[0xf4, 0xeb, 0xfd], // hlt; jmp back
  ];
  const sector = Buffer.alloc(512);
  Buffer.from(code).copy(sector);
  // At 0x22: limit and address of the descriptor table at 0x28: null, and 32-bit code over 4 GiB.
  Buffer.from([0x0f, 0x00, 0x28, 0x7c, 0x00, 0x00]).copy(sector, 0x22);
  Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0]).copy(sector, 0x28);
  sector[510] = 0x55;
  sector[511] = 0xaa;
  return sector;
}

/**
 * Returns how machines of this computer run.
 * @param asked ROLECALL_VM_ACCEL, where it is set
 * @param folder where a probe may make a file for a moment
 * @throws CloudError for another value of it, and for `kvm` where KVM doesn't work
 */
export async function acceleration(asked: string | undefined, folder: string): Promise<Acceleration> {
  if (asked === 'tcg') return 'tcg';
  if (asked !== undefined && asked !== '' && asked !== 'kvm')
    throw new CloudError('usage', `ROLECALL_VM_ACCEL must be kvm or tcg: ${asked}`, {
      hint: 'unset it: rolecall then uses KVM where it works',
    });
  const why = isOpen() ? await probe('kvm', folder) : `${DEVICE} can't be opened`;
  if (why === undefined) return 'kvm';
  if (asked === 'kvm')
    throw new CloudError('usage', `KVM doesn't work here: ${why}`, {
      hint: 'unset ROLECALL_VM_ACCEL: rolecall then emulates the processor',
    });
  return 'tcg';
}

function isOpen(): boolean {
  try {
    accessSync(DEVICE, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a boot sector in a machine of its own. @returns what went wrong; undefined when it ran */
export async function probe(how: Acceleration, folder: string): Promise<string | undefined> {
  const own = mkdtempSync(join(folder, 'probe-'));
  const sector = join(own, 'sector');
  try {
    writeFileSync(sector, bootSector());
    const args = [
      ...['--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', '-nodefaults', '-no-user-config'],
      ...['-display', 'none', '-machine', 'pc,graphics=off', ...processorOptions(how), '-m', '16'],
      ...['-no-reboot', '-device', `isa-debug-exit,iobase=0xf4,iosize=1`],
      ...['-blockdev', `driver=file,node-name=sector,filename=${sector}`],
      ...['-device', 'ide-hd,drive=sector'],
    ];
    await execFileAsync('setpriv', args, { env: SYSTEM_ENV, timeout: PROBE_MS, killSignal: 'SIGKILL' });
    return 'a machine ended by itself';
  } catch (error) {
    const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
    if (code === PROBE_EXIT) return undefined;
    if (killed) return `a machine's code did not run within ${PROBE_MS / 1000} s`;
    return stderr?.trim().split('\n')[0] || String(error);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
