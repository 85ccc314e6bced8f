import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where rolecall keeps what must outlive a command: launch records and the local cloud's state.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_STATE_HOME'];
  // The specification: a relative path is invalid and must be ignored.
  return join(base?.startsWith('/') ? base : join(env['HOME'] ?? homedir(), '.local', 'state'), 'rolecall');
}
