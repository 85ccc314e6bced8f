import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import {
  isPathName,
  PERSONALITY_BASE64,
  PERSONALITY_KEY,
  PERSONALITY_URL,
  PERSONALITY_VALUE,
} from '../model.ts';
import { findSecret } from '../redact.ts';

/** A key of a personality and its value. */
export type Line = readonly [key: string, value: string];

/** These form paths on the box. */
const PATH_KEYS = new Set(['environment', 'role', 'context', 'machine_id', 'rolecall_launch']);
/** Signed policies and session tokens are longer than what people write. */
const BASE64_KEYS = new Set(['rolecall_beacon_policy', 'rolecall_beacon_token', 'rolecall_log_policy']);
/** A user's key of one of these names would be a second voice. */
const OWN_KEYS = new Set(['environment', 'role', 'context']);

/**
 * Environment, role and context first, then the user's own keys in byte order.
 * @throws UsageError for a key or value that the box would refuse, and for a secret in one
 */
export function checkedPersonality({ role, environment, context, personality }: Role): Line[] {
  const own: Line[] = Object.entries(personality);
  for (const [key, value] of own) checkUserLine(key, value);
  const lines: Line[] = [['environment', environment], ['role', role], ['context', context], ...sorted(own)];
  for (const line of lines) checkValue(line);
  return lines;
}

/** Keys are ASCII, so that the order of UTF-16 units is the order of bytes. */
export const sorted = (lines: readonly Line[]): Line[] =>
  [...lines].sort(([one], [other]) => (one < other ? -1 : 1));

/** The role's timeout in whole seconds: how long a run on the box may take. */
export const timeoutSeconds = ({ timeoutMs }: Pick<Role, 'timeoutMs'>): string =>
  String(Math.ceil(timeoutMs / 1000));

function checkUserLine(key: string, value: string): void {
  if (OWN_KEYS.has(key) || key.startsWith('rolecall_')) {
    throw new UsageError(`personality.${key} is set by rolecall itself`, {
      hint: 'choose another name for the key',
    });
  }
  if (!PERSONALITY_KEY.test(key)) {
    throw new UsageError(`${JSON.stringify(key)} can't be a key of a personality`, {
      hint: 'a key is a lower-case letter, then lower-case letters, digits and _, at most 64 in all',
    });
  }
  const secret = findSecret(value, key);
  if (secret === undefined) return;
  throw new UsageError(`personality.${key} holds ${secret}`, {
    hint: 'user data is no place for keys: give the machines an instance_profile instead',
  });
}

/** @throws UsageError for a value that the box would refuse */
export function checkValue([key, value]: Line): void {
  const { allowed, hint } = grammarOf(key);
  if (allowed(value)) return;
  throw new UsageError(`the value of ${key} can't be in a personality`, { hint: `${key} takes ${hint}` });
}

function grammarOf(key: string): { allowed: (value: string) => boolean; hint: string } {
  if (PATH_KEYS.has(key)) {
    return {
      allowed: isPathName,
      hint: '1 to 64 letters, digits and . _ - that begin with a letter or digit',
    };
  }
  if (BASE64_KEYS.has(key)) {
    return { allowed: (value) => PERSONALITY_BASE64.test(value), hint: 'at most 8,192 characters of base64' };
  }
  if (key === 'rolecall_timeout') {
    return { allowed: (value) => /^[1-9]\d{0,6}$/.test(value), hint: 'whole seconds, 1 to 9,999,999' };
  }
  if (key.endsWith('_url')) {
    return { allowed: (value) => PERSONALITY_URL.test(value), hint: 'a URL of at most 8,192 characters' };
  }
  return {
    allowed: (value) => PERSONALITY_VALUE.test(value),
    hint: 'at most 1,024 letters, digits, spaces and . _ : , / @ % + = ~ - without a space at an end',
  };
}
