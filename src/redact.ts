/** Finding secrets in what users supply, and hiding them in what rolecall prints: one place for both. */

import { REDACTED } from './masks.ts';

/**
 * An access key id: AKIA (long-lived) or ASIA (temporary) and 16 more.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
const ACCESS_KEY_ID = /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g;
/** The shape of a secret access key: 40 characters of base64 with both cases and a digit, which no hex digest or path has. */
const SECRET_KEY =
  /(?<![A-Za-z0-9/+])(?=[^A-Z]{0,39}[A-Z])(?=[^a-z]{0,39}[a-z])(?=[^0-9]{0,39}[0-9])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;
/**
 * The first line of a private key: PEM, OpenSSH and PGP (BLOCK), SSH2 (RFC 4716's dashes), PuTTY, age.
 * @see https://github.com/C2SP/C2SP/blob/main/age.md
 */
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 [A-Z ]{0,20}PRIVATE KEY ----|^PuTTY-User-Key-File-\d: |\bAGE-SECRET-KEY-1[A-Z0-9]{58}/m;
const AGE_KEY = /\bAGE-SECRET-KEY-1[A-Z0-9]{20,}/g;
/** `-----BEGIN ` in base64, with the rest of its line: kubeconfig and CI variables carry keys so. */
const PEM_IN_BASE64 = /LS0tLS1CRUdJTi[A-Za-z0-9+/]{10,80}/g;
/** Credentials of npm: https://docs.npmjs.com/cli/configuring-npm/npmrc; `${NPM_TOKEN}` holds none. */
const NPM_CREDENTIAL = /^[ \t]*\/\/\S{1,256}:_(?:authToken|auth|password)[ \t]*=[ \t]*["']?(?!\$\{)[^\s"']/m;
/**
 * Environment variables that hold AWS credentials or lead to them: those of the SDKs and of older tools, and those by which a
 * job of GitHub Actions gets its AWS role.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
const CREDENTIAL_VARIABLE =
  /^(?:AWS|AMAZON)_(?:\w+_)?(?:ACCESS_KEY(?:_ID)?|SECRET_KEY|TOKEN(?:_\w+)?|CREDENTIALS_(?:FILE|RELATIVE_URI|FULL_URI))$|^EC2_(?:ACCESS|SECRET|PRIVATE)_KEY$|^ACTIONS_(?:ID_TOKEN_REQUEST|RUNTIME)_(?:TOKEN|URL)$/;
const PRIVATE_KEY_BLOCK =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g;
/** One line of a PEM or base64 body; hex digests (64 digits) are no secret. */
const BASE64_LINE = /(?<![A-Za-z0-9+/])(?![0-9a-fA-F]+(?![A-Za-z0-9+/=]))[A-Za-z0-9+/]{60,}={0,2}/g;
/** `name=value` to the line's end, as in a payload. */
const LINE_OF_PAYLOAD = /^([A-Za-z_][\w.-]{0,127})=(.+)$/gm;
/** A name before a value: `name=` of a URL's query or a traced command, `name: ` of YAML, JSON and HTTP headers. */
const NAME = /(?<![\w-])([A-Za-z_][\w-]{0,127})(=|"? *: *)/g;
const AFTER_EQUALS = /"[^"\n]*"|'[^'\n]*'|[^\s&"'<>]+/y;
const AFTER_COLON = /"[^"\n]*"|'[^'\n]*'|(?!\/\/)[^\s:,}[{][^\n,}]*/y;
/** `user:password` of a URL. */
const USER_INFO = /(?<=:\/\/)[^\s/@:]{1,256}:[^\s/@]{1,256}(?=@)/g;
const SECRET_WORD =
  /nonce|secret|passw|passphrase|token|credential|signature|policy|private|authorization|access_?key|api_?key|(?:^|[_-])(?:keys?|pass|pwd|sig|auth)(?:[_-]|$)/i;
/** Names that sound like secrets and are none: keys of the catalogue, the shell's working folders. */
const HARMLESS_NAMES = new Set(['key_name', 'http_tokens', 'PWD', 'OLDPWD']);

export type SecretKind =
  | 'an AWS access key id'
  | 'an AWS secret access key'
  | 'a private key'
  | 'credentials of npm';

/** Whether an environment variable of this name holds AWS credentials, or leads to them. */
export const isCredentialVariable = (name: string): boolean => CREDENTIAL_VARIABLE.test(name);

/** Whether a key, parameter or header of this name holds something that must not be printed. */
export const soundsSecret = (name: string): boolean => SECRET_WORD.test(name) && !HARMLESS_NAMES.has(name);

/**
 * The first secret in a value that a user supplied.
 * @param name the key that the value stands under: 40 characters of base64 are a secret only beside a name that says so
 */
export function findSecret(value: string, name = ''): SecretKind | undefined {
  if (PRIVATE_KEY.test(value) || holdsEncodedKey(value)) return 'a private key';
  if (value.search(ACCESS_KEY_ID) >= 0) return 'an AWS access key id';
  if (NPM_CREDENTIAL.test(value)) return 'credentials of npm';
  const secretAt = value.search(SECRET_KEY);
  if (secretAt < 0) return undefined;
  const named = soundsSecret(name) || SECRET_WORD.test(value.slice(Math.max(0, secretAt - 60), secretAt));
  return named ? 'an AWS secret access key' : undefined;
}

const holdsEncodedKey = (value: string): boolean =>
  (value.match(PEM_IN_BASE64) ?? []).some((start) =>
    PRIVATE_KEY.test(Buffer.from(start, 'base64').toString('latin1')),
  );

/** What stands in the place of a secret. */
type Mask = (secret: string) => string;

/**
 * The text without what must not be seen: nonces, keys, passwords, tokens, signatures, policies, credentials in URLs.
 * Lines stay lines. Safe on any text of any size: each expression is linear.
 */
export const redact = (text: string): string => masked(text, () => REDACTED, soundsSecret);

/**
 * The same where the secret values are known and masked by themselves: a name that sounds secret hides nothing then, since a
 * cause may stand behind it, but for the names that rolecall and AWS give to what they sign and seal.
 */
export const redactKnown = (text: string): string =>
  masked(
    text,
    () => REDACTED,
    (name) => OWN_NAME.test(name) && soundsSecret(name),
  );

/** Settings of the start-up script, keys of user data, and parameters of signed URLs and forms. */
const OWN_NAME = /^(?:rolecall_|X-Amz-|Policy$|authorization$)/i;

/** As redact, with as many asterisks as the secret has characters, so that positions in the text hold. */
export const blackOut = (text: string): string =>
  masked(text, (secret) => '*'.repeat(secret.length), soundsSecret);

function masked(text: string, mask: Mask, sounds: (name: string) => boolean): string {
  const lines = text
    .replace(PRIVATE_KEY_BLOCK, (block) => block.replace(/[^\r\n]+/g, mask))
    .replace(LINE_OF_PAYLOAD, (whole, name: string, value: string) =>
      sounds(name) && !EXPANSION.test(value) ? `${name}=${mask(value)}` : whole,
    );
  return maskNamed(lines, mask, sounds)
    .replace(AGE_KEY, mask)
    .replace(USER_INFO, mask)
    .replace(ACCESS_KEY_ID, mask)
    .replace(SECRET_KEY, mask)
    .replace(BASE64_LINE, mask);
}

/** Masks what follows a name that sounds secret. A harmless name's value is searched too: it may hold such a name. */
function maskNamed(text: string, mask: Mask, sounds: (name: string) => boolean): string {
  const parts: string[] = [];
  let done = 0;
  for (const { 0: whole, 1: name = '', 2: sign, index } of text.matchAll(NAME)) {
    const from = index + whole.length;
    if (index < done || !sounds(name)) continue;
    const value = matchAt(sign === '=' ? AFTER_EQUALS : AFTER_COLON, text, from);
    if (sign === '=' ? EXPANSION.test(value) : isSentence(name, value)) continue;
    parts.push(text.slice(done, from), value === '' ? '' : mask(value));
    done = from + value.length;
  }
  return parts.join('') + text.slice(done);
}

/** What shells and programs say behind a name, in whole: no password. */
const CAUSE =
  /^(?:(?:unbound variable|parameter (?:null or )?not set|readonly variable|command not found|not found|invalid|missing|required|not set|empty)$|(?:no such (?:file or directory|device|process)|permission denied|(?:is|not) a directory|file exists|operation not (?:permitted|supported)|connection (?:refused|reset|timed out)|read-only file system|no space left on device|device or resource busy)(?![\w-]))/i;

/** `SECRET=$(openssl rand ...)`, as a script has it: how the value is found, not the value. */
const EXPANSION = /^["']?(?:\$\(|`|\$\{?[A-Za-z_])/;

/** `cannot read key: no such file` is an error's reason, and people need it. A password may be made of words, too. */
const isSentence = (name: string, value: string): boolean =>
  CAUSE.test(value.trim()) ||
  (!/pass|pwd|secret|auth/i.test(name) && /^[A-Za-z][a-z']*(?: [A-Za-z][a-z']*[.;]?)+$/.test(value.trim()));

function matchAt(sticky: RegExp, text: string, index: number): string {
  sticky.lastIndex = index;
  return sticky.exec(text)?.[0] ?? '';
}
