import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { ROOT } from '../support/cli.ts';

// The SDK looks for credentials in this process's environment: those of whoever runs the tests are none of theirs.
for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
Object.assign(process.env, {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
});

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command runs; without `columns` nothing is a terminal. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The width of a window: stdout and stderr are terminals then (nobody types at stdin). */
  readonly columns?: number;
}

/** Runs one command line in this process, as `rolecall ARGV` would. */
export async function rolecall(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd = ROOT, env = {}, columns } = options;
  const seen = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => {
    const made = new PassThrough();
    made.setEncoding('utf8').on('data', (text: string) => {
      seen[name] += text;
    });
    return columns === undefined ? made : Object.assign(made, { isTTY: true, columns, rows: 24 });
  };
  const streams = { stdin: new PassThrough(), stdout: stream('stdout'), stderr: stream('stderr') };
  const code = await main(argv, {
    terminal: terminal(streams, env),
    clock: {
      now: () => 0,
      monotonic: () => 0,
      sleep: async () => {
        throw new Error('a command of these tests has nothing to wait for');
      },
    },
    env: { HOME: '/nonexistent', XDG_STATE_HOME: '/nonexistent', ...env },
    cwd,
    signal: new AbortController().signal,
  });
  // What was written comes out of the streams a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...seen };
}

/** The words of a command line without quotes. */
export const words = (line: string): string[] => line.split(' ');
