import type { Runtime, User } from '../actions/runtime.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { waiting } from './waiting.ts';

/** What a process or a test gives a command: its terminal, and the world around it. */
export interface World extends Omit<Runtime, 'user'> {
  readonly terminal: Terminal;
}

/** What a command works with. */
export interface Host extends Runtime {
  readonly terminal: Terminal;
}

/** The host of a command, whose user sits at the terminal. */
export function hostIn(world: World): Host {
  const { terminal, clock, goBy, env, signal } = world;
  return {
    terminal,
    clock,
    ...(goBy && { goBy }),
    env,
    // Read where it is needed: the folder may be gone, and most commands of help need none.
    get cwd() {
      return world.cwd;
    },
    signal,
    user: userAt(world),
  };
}

/** Who sits at the terminal: reads stderr, and answers where stdin is theirs. */
export const userAt = ({ terminal, clock, signal }: Omit<World, 'env' | 'cwd'>): User => ({
  present: terminal.interactive,
  tell: (line) => void terminal.stderr.write(`${line}\n`),
  pass: (output) => void terminal.stderr.write(output),
  waiting: (wait, work) => waiting({ terminal, clock, signal: wait.toTheEnd ? NEVER : signal }, wait, work),
});

const NEVER = new AbortController().signal;
