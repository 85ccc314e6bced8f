import type { CloudFile } from '../cloud-file.ts';
import { boxOf } from '../control/client.ts';
import { runInBox } from './box.ts';
import { runInVm } from './vm.ts';

/**
 * Runs a command inside a machine of a cloud, with the stdin, stdout and stderr of this process. Signals go to the command.
 * @returns the command's exit code; 128 and the signal's number when a signal ended it
 * @throws CloudError where there is no such machine, or nothing can run in it
 */
export async function enter(file: CloudFile, instance: string, argv: readonly string[]): Promise<number> {
  const { kind, pid } = await boxOf(file, instance);
  return kind === 'vm'
    ? await runInVm(file, instance, argv)
    : await runInBox(file, instance, { kind, pid }, argv);
}
