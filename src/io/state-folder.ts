import { userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Where rolecall keeps what must outlive a command: launch records and the local cloud's state.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: base, HOME: home } = env;
  // The specification: a relative path is invalid and must be ignored. So is a HOME that names no folder.
  if (base?.startsWith('/')) return join(base, 'rolecall');
  return join(home?.startsWith('/') ? home : userInfo().homedir, '.local', 'state', 'rolecall');
}
