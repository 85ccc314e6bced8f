import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudError } from '../errors.ts';
import { kernelHint, SYSTEM_ENV } from './kernel.ts';

/** What a sandbox is made of; see setup.sh, which does the work. */
export interface SandboxPlan {
  readonly mode: 'complete' | 'limited';
  /** Add the ids of /etc/subuid to the user namespace (limited boxes only). */
  readonly mapAuto?: boolean;
  /** rolecall's state folder: holds the mount point of boxes, and is hidden in them. */
  readonly stateDir: string;
  /** Folder of setup.sh and its siblings. */
  readonly scripts: string;
  /** Image layers, topmost first. */
  readonly layers: readonly string[];
  /** A folder that receives `upper` with all that the sandbox writes; without it that stays in memory. */
  readonly keep?: string;
  readonly hostname: string;
  readonly ip: string;
  /** Install init, poweroff and an identity (a machine), or nothing of the kind (an image build). */
  readonly machine: boolean;
  /** What runs as PID 1. */
  readonly command: readonly string[];
}

/** A sandbox that stands, its init held until `go`. */
export interface Sandbox {
  /** Its PID 1, as the host sees it. */
  readonly pid: number;
  /** Resolves when the network namespace has its addresses; before `ready`. */
  readonly ready: Promise<void>;
  /** Lets PID 1 begin. */
  go(): void;
  /** Resolves when every process of it is gone. Never rejects. */
  readonly ended: Promise<SandboxEnd>;
  /** Ends every process in it at once. */
  kill(): void;
}

/** How PID 1 ended, and what the sandbox said on stderr before its init took over (the newest 4 KB). */
export interface SandboxEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

/** What `unshare` is told for a limited box: all its namespaces, and that what it runs ends with it. */
export const limitedNamespaces = (mapAuto: boolean): readonly string[] => [
  ...['--user', '--map-root-user', ...(mapAuto ? ['--map-auto'] : [])],
  ...['--mount', '--pid', '--net', '--ipc', '--uts', '--cgroup', '--fork', '--kill-child'],
];

/**
 * What `unshare` is told for a complete box: the namespaces of those who set it up. setup.sh makes the others together with a
 * user namespace, which then owns them, and not these: so its root can neither change mounts of the host nor mount a cgroup file
 * system (https://man7.org/linux/man-pages/man7/user_namespaces.7.html).
 */
export const SETUP_NAMESPACES: readonly string[] = ['--mount', '--cgroup'];

/** The command that starts a sandbox: everything in it ends with the process that runs this (PR_SET_PDEATHSIG). */
export function sandboxCommand(plan: SandboxPlan): readonly string[] {
  const namespaces = plan.mode === 'limited' ? limitedNamespaces(plan.mapAuto === true) : SETUP_NAMESPACES;
  return [
    ...['setpriv', '--pdeathsig', 'KILL', '--'],
    ...['unshare', ...namespaces, '--'],
    ...['bash', join(plan.scripts, 'setup.sh'), plan.mode, stageOf(plan.stateDir), plan.stateDir],
    ...[plan.keep ?? '-', plan.hostname, plan.ip, plan.machine ? plan.scripts : '-', ...plan.command],
  ];
}

/**
 * Starts a sandbox and resolves as soon as its network namespace stands; its root follows with `ready`.
 * @throws CloudError when the host refuses it
 */
export async function startSandbox(plan: SandboxPlan): Promise<Sandbox> {
  await mkdir(stageOf(plan.stateDir), { recursive: true, mode: 0o700 });
  // What a link hides under another name would still be seen under its own.
  const stateDir = await realpath(plan.stateDir);
  const [program = '', ...args] = sandboxCommand({ ...plan, stateDir });
  // A session of its own: Ctrl-C is for the cloud, which then ends its boxes in order.
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    cwd: '/',
    env: SYSTEM_ENV,
  });
  const said = newest(child.stderr);
  const state: { pid?: number } = {};
  const ended = watchEnd(child, state, said);
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${[...plan.layers, ''].join('\n')}\n`);
  const lines = milestones(child, ended);
  const net = await lines.net;
  state.pid = net;
  return {
    pid: net,
    ready: lines.ready,
    go: () => child.stdin.end('go\n'),
    ended,
    kill: () => killQuietly(child, net),
  };
}

const stageOf = (stateDir: string): string => join(stateDir, 'boxes');

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** The two lines that setup.sh reports with; both reject when it ends first. */
function milestones(
  child: Child,
  ended: Promise<SandboxEnd>,
): { net: Promise<number>; ready: Promise<void> } {
  const lines = createInterface({ input: child.stdout });
  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        const match = pattern.exec(line);
        if (match !== null) resolve(match);
      });
      void ended.then((end) => reject(refusal(end)));
    });
  const ready = said(/^ready$/).then(() => undefined);
  // Rejections are looked at when `ready` is awaited; until then they must not count as unhandled.
  ready.catch(() => undefined);
  return { net: said(/^net (\d+)$/).then((match) => Number(match[1])), ready };
}

function refusal(end: SandboxEnd): CloudError {
  const why = end.said.trim().split('\n').filter(Boolean).join('; ');
  return new CloudError(
    'usage',
    `the box could not be made: ${why || `its set-up ended with ${end.signal ?? end.code}`}`,
    {
      hint: kernelHint(why),
    },
  );
}

/** The exit of setup.sh or unshare comes after the last process of the sandbox, unless somebody killed it. */
async function watchEnd(child: Child, state: { pid?: number }, said: () => string): Promise<SandboxEnd> {
  const outcome = await new Promise<Pick<SandboxEnd, 'code' | 'signal'> & { error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  if (outcome.error === undefined && !child.stderr.readableEnded)
    await Promise.race([once(child.stderr, 'close'), delay(1000, undefined, { ref: false })]);
  for (let turn = 0; turn < 200 && state.pid !== undefined && isAlive(state.pid); turn++) await delay(10);
  return { code: outcome.code, signal: outcome.signal, said: outcome.error?.message ?? said() };
}

function killQuietly(child: Child, pid: number): void {
  // While the sandbox's command has not exited, the number is still process 1's: unshare, which that waits for, reaps it.
  if (child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

function newest(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-4096);
  });
  return () => text;
}
