import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type ExitCode, RolecallError, UsageError } from '../errors.ts';
import { enterCommand } from '../local/box/enter.ts';
import { boxOf } from '../local/control-client.ts';
import { isInstanceId } from '../nouns.ts';
import type { Host } from './host.ts';
import { needCloud } from './local-cloud.ts';

/** Runs a command inside a machine of the local cloud, on the operator's own terminal. */
export async function runLocalExec(
  instance: string,
  words: readonly string[],
  host: Host,
): Promise<ExitCode> {
  if (!isInstanceId(instance))
    throw new UsageError(`"${instance}" is not an instance id`, {
      hint: 'rolecall local exec i-... -- COMMAND',
    });
  if (words.length === 0)
    throw new UsageError('no command is given', { hint: `rolecall local exec ${instance} -- bash` });
  const { file } = await needCloud(host);
  const box = await boxOf(file, instance);
  const enter = enterCommand(box.kind, box.pid, words);
  // Only root may enter what root has made.
  const sudo = box.kind === 'complete' && process.getuid?.() !== 0;
  const [program = '', ...args] = sudo ? ['sudo', ...enter] : enter;
  // The code is the command's own, whatever it means there: outside of rolecall's table.
  return (await runOnTerminal(program, args)) as ExitCode;
}

/** @returns the command's exit code; 128 and the signal's number, as shells have it, when a signal ended it */
function runOnTerminal(program: string, args: readonly string[]): Promise<number> {
  // A Ctrl-C is for the command: rolecall itself stays until the command has ended.
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: 'inherit' });
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new RolecallError('usage', `${program} can't be run: ${error.code ?? error.message}`, {
          hint: `install ${program}: Debian has it in util-linux or sudo`,
          cause: error,
        }),
      ),
    );
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
