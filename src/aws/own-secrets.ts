import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Shorter texts are no secret of AWS's, and would be found by chance. */
const LEAST_LENGTH = 16;
const HELD = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  // A job of GitHub Actions gets its AWS role by it.
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
];
const NAMED_FILES = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
const IN_PROFILE = /^[ \t]*(?:aws_secret_access_key|aws_session_token)[ \t]*=[ \t]*(\S+)/gim;

/**
 * Returns the secrets of the AWS credentials that this command may sign with: those in the environment, in the files that it
 * names, and in every profile. A file that can't be read counts as empty; keys of SSO and helper programs are not known.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
export async function ownSecrets(env: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const profiles = join(env['HOME'] ?? '/', '.aws');
  const [tokens, settings] = await Promise.all([
    textsOf(NAMED_FILES.flatMap((name) => env[name] ?? [])),
    textsOf([
      env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(profiles, 'credentials'),
      env['AWS_CONFIG_FILE'] ?? join(profiles, 'config'),
    ]),
  ]);
  const secrets = [
    ...HELD.flatMap((name) => env[name] ?? []),
    ...tokens,
    ...settings.flatMap((text) => [...text.matchAll(IN_PROFILE)].map(([, secret = '']) => secret)),
  ];
  return [...new Set(secrets.map((secret) => secret.trim()))].filter(
    (secret) => secret.length >= LEAST_LENGTH,
  );
}

const textsOf = (paths: readonly string[]): Promise<string[]> =>
  Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
