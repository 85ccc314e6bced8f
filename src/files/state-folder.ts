import { userInfo } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';

/**
 * Where rolecall keeps what must outlive a command: launch records and the local cloud's state.
 * @throws UsageError where this user has no home folder
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: base, HOME: home } = env;
  // The specification: a relative path is invalid and must be ignored. So is a HOME that names no folder.
  if (base?.startsWith('/')) return join(base, 'rolecall');
  return join(home?.startsWith('/') ? home : homeOfUser(), '.local', 'state', 'rolecall');
}

/** A container often runs as a number that no passwd entry has: os.userInfo throws then. */
function homeOfUser(): string {
  try {
    return userInfo().homedir;
  } catch (error) {
    throw new UsageError(`HOME is not set, and user ${process.geteuid?.()} has no entry in /etc/passwd`, {
      hint: 'set XDG_STATE_HOME to the absolute path of a folder that this user can write to',
      cause: error,
    });
  }
}
