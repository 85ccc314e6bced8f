import { spawnSync } from 'node:child_process';

/** How a cloud gets its rights, and why. */
export type Privilege =
  | { readonly kind: 'root' }
  | { readonly kind: 'sudo' }
  /** As the user: `why` is one sentence on why not as root. */
  | { readonly kind: 'none'; readonly why: string };

export interface PrivilegeQuestion {
  /** Undefined where the system has no users. */
  readonly uid: number | undefined;
  /** The user wants limited boxes. */
  readonly limited: boolean;
  /** Somebody is there to type a password. */
  readonly interactive: boolean;
  /** Runs `sudo` with these arguments on our terminal; undefined where there is no sudo. @returns its exit status */
  readonly sudo: (args: readonly string[]) => number | undefined;
  /** Called before sudo asks. */
  readonly onAsk: () => void;
}

/** Boxes are complete only for root: sudo is asked once, and only where somebody can answer. */
export function privilege({ uid, limited, interactive, sudo, onAsk }: PrivilegeQuestion): Privilege {
  if (uid === 0) return { kind: 'root' };
  if (limited) return { kind: 'none', why: 'limited boxes were asked for' };
  const silently = sudo(['-n', 'true']);
  if (silently === undefined) return { kind: 'none', why: 'there is no sudo' };
  if (silently === 0) return { kind: 'sudo' };
  if (!interactive)
    return { kind: 'none', why: 'sudo needs a password, and there is no terminal to ask for it' };
  onAsk();
  return sudo(['-v']) === 0 ? { kind: 'sudo' } : { kind: 'none', why: 'sudo refused' };
}

/** The real sudo. */
export function realSudo(args: readonly string[]): number | undefined {
  const quiet = args.includes('-n');
  const { status, error } = spawnSync('sudo', [...args], { stdio: quiet ? 'ignore' : 'inherit' });
  return error === undefined ? (status ?? 1) : undefined;
}
