import { spawn } from 'node:child_process';
import { SYSTEM_ENV } from '../box/kernel.ts';
import { ended } from '../image/apt-faults.ts';
import { PROXY_VARIABLES } from '../outward/upstream.ts';

/** How a script ended. */
export interface ScriptEnd {
  readonly ok: boolean;
  /** The newest 64 KB of its stderr and stdout, or why it could not be started. */
  readonly said: string;
}

/**
 * Returns the command line that runs a script of this folder as root of namespaces of its own: mounts, processes and, for an
 * ordinary user, user ids (those of /etc/subuid, so that the image's files get their real owners).
 * Everything ends with the process that starts it (PR_SET_PDEATHSIG).
 */
export const namespaceCommand = (script: readonly string[], root: boolean): readonly string[] => [
  ...['setpriv', '--pdeathsig', 'KILL', '--'],
  ...['unshare', ...(root ? [] : ['--user', '--map-root-user', '--map-auto'])],
  ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
  ...['bash', ...script],
];

/** Runs a script in namespaces of its own. @throws CloudError where `signal` ends it, when nothing of it is left */
export async function runInNamespace(script: readonly string[], signal: AbortSignal): Promise<ScriptEnd> {
  if (signal.aborted) throw ended();
  const [program = '', ...args] = namespaceCommand(script, process.getuid?.() === 0);
  // A session of its own: Ctrl-C is for the cloud, which then ends its builds in order.
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    cwd: '/',
    env: { ...proxies(process.env), ...SYSTEM_ENV },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-65_536);
    });
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  // `close`, not `exit`: the last process of the namespace has its output open.
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said = error.message;
      resolve(null);
    });
    child.once('close', resolve);
  });
  signal.removeEventListener('abort', kill);
  if (signal.aborted) throw ended();
  return { ok: code === 0, said };
}

/** The way to the mirrors is the operator's. */
const proxies = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()])
      .map((name) => [name, env[name] ?? ''] as const)
      .filter(([, value]) => value !== ''),
  );
