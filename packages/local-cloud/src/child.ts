import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type CloudFile, makeStateFolder, parse } from './cloud-file.ts';
import { CloudError } from './errors.ts';
import { thisProcess } from './holder.ts';
import { PROXY_VARIABLES } from './outward/upstream.ts';
import type { ServeRequest } from './serve-request.ts';

/** How a cloud's process is started. */
export interface ChildOptions extends Omit<ServeRequest, 'owner'> {
  /** The program that serves a request (`serveRequested`) and the arguments before the request; the program's path is absolute. */
  readonly command: readonly string[];
  /** Start it through `sudo -n`, so that its boxes are complete. */
  readonly sudo: boolean;
}

/** A cloud in a process of its own. */
export interface CloudProcess {
  readonly file: CloudFile;
  /** Ends an ephemeral cloud with its boxes; resolves when they are gone. Does nothing to a lasting one. */
  close(): Promise<void>;
}

/** From the start of the process to its first answer; far more than it takes. */
const START_MS = 30_000;
/** From the end of its stdin until an ephemeral cloud is gone; far more than it takes. */
const END_MS = 10_000;

/**
 * The command line of a cloud's process.
 * Under sudo it gets a session of its own, so that a Ctrl-C at the terminal is not for it; `sudo` itself must stay in
 * the terminal's session, for that is where sudo remembers that it has asked.
 */
export function cloudCommand(
  options: ChildOptions,
  uid: number,
  gid: number,
  env: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  const { command, sudo, ...asked } = options;
  const request: ServeRequest = { ...asked, ...(sudo && { owner: { uid, gid } }) };
  return [
    ...(sudo ? ['sudo', '-n', ...keptBySudo(env), 'setsid', '--fork'] : []),
    ...command,
    JSON.stringify(request),
  ];
}

/** The operator's proxy is the cloud's too; its URL may hold a password, so it goes by name and not as an argument. */
function keptBySudo(env: NodeJS.ProcessEnv): readonly string[] {
  const names = PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()]).filter((name) => env[name]);
  return names.length === 0 ? [] : [`--preserve-env=${names.join(',')}`];
}

/**
 * The cloud's stdin comes as descriptor 3: node closes the stdin of a child that exits, and sudo exits (setsid --fork)
 * as soon as the cloud has started, which would then take that for our end.
 */
const LIFELINE = 'exec "$@" <&3 3<&-';

/**
 * Starts a cloud in a process of its own and waits until it answers.
 * @throws CloudError with what the process said, when it doesn't come up
 */
export async function startCloudProcess(options: ChildOptions): Promise<CloudProcess> {
  await makeStateFolder(options.folder, undefined);
  const [program = '', ...args] = cloudCommand(options, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  const logPath = join(options.folder, options.ephemeral ? `ephemeral-${thisProcess()}.log` : 'cloud.log');
  const log = openSync(logPath, options.ephemeral ? 'wx+' : 'w+', 0o600);
  // Nobody looks for the log of an ephemeral cloud later: it lives as long as somebody has it open.
  if (options.ephemeral) rmSync(logPath);
  try {
    const child = spawn(
      '/bin/sh',
      ['-c', options.ephemeral ? LIFELINE : 'exec "$@"', 'sh', program, ...args],
      {
        stdio: ['ignore', 'pipe', log, ...(options.ephemeral ? (['pipe'] as const) : [])],
        detached: !options.sudo,
        cwd: '/',
      },
    );
    const line = await firstLine(child);
    const file = line === undefined ? undefined : parse(line);
    if (file === undefined) {
      child.kill();
      throw notUp(beginningOf(log));
    }
    letGo(child);
    return { file, close: () => closing(child) };
  } finally {
    closeSync(log);
  }
}

/** The cloud alone must not keep the process that started it from ending. */
function letGo(child: ChildProcess): void {
  child.unref();
  lifelineOf(child)?.unref();
  (child.stdout as Socket | null)?.unref();
}

const lifelineOf = (child: ChildProcess): Socket | undefined =>
  (child.stdio[3] as Socket | null) ?? undefined;

function beginningOf(file: number): string {
  const bytes = Buffer.alloc(16_384);
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)).toString('utf8');
}

/** The first line of a process's stdout; undefined when it ends, or takes too long, before there is one. */
function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => resolve(undefined), START_MS);
    const settle = (line: string | undefined) => {
      clearTimeout(timer);
      resolve(line);
    };
    child.once('error', () => settle(undefined));
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) settle(text.slice(0, end));
    });
    child.stdout?.once('close', () => settle(undefined));
  });
}

/** Its stdout closes when the last of the cloud's process is gone, also where sudo left it to itself. */
function closing(child: ChildProcess): Promise<void> {
  const { stdout } = child;
  const lifeline = lifelineOf(child);
  return new Promise((resolve) => {
    if (lifeline === undefined || stdout === null || stdout.closed) return resolve();
    const timer = setTimeout(resolve, END_MS);
    stdout.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    stdout.resume();
    lifeline.end();
  });
}

/** The child has said why in the form of every rolecall error; its words are passed on. */
function notUp(said: string): CloudError {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return new CloudError('usage', ['the local cloud did not come up', ...lines.slice(-8)].join('\n'), {
    hint: 'rolecall local up --foreground shows all that it says',
  });
}
