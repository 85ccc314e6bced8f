import { UsageError } from '../../errors.ts';
import { isInstanceId } from '../../model.ts';
import type { Runtime } from '../runtime.ts';
import { enter } from './gateway.ts';
import { needCloud } from './running.ts';

/**
 * Runs a command inside a machine of the local cloud, with the stdin, stdout and stderr of this process.
 * @returns the command's own exit code, whatever it means there
 * @throws UsageError where no cloud is up, or has no such machine
 */
export async function runInLocalMachine(
  instance: string,
  words: readonly string[],
  runtime: Pick<Runtime, 'env'>,
): Promise<number> {
  if (!isInstanceId(instance))
    throw new UsageError(`"${instance}" is not an instance id`, {
      hint: 'rolecall local exec i-... -- COMMAND',
    });
  if (words.length === 0)
    throw new UsageError('no command is given', { hint: `rolecall local exec ${instance} -- bash` });
  const { file } = await needCloud(runtime);
  return await enter(file, instance, words);
}
