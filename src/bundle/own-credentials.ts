type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Environment variables that make their holder the operator, or let him become it: AWS's, and the token by which a job of GitHub Actions
 * gets AWS credentials.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 * @see https://docs.github.com/actions/reference/security/oidc
 */
const OWN = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
]);
/** A shorter value could stand in a text by chance. */
const SHORTEST = 12;

/** Whether a variable of the operator's environment must never reach a machine. Windows has names in any case. */
export const isOwnCredential = (name: string): boolean => OWN.has(name.toUpperCase());

/** The operator's own variable whose value a text holds, whatever the text is called; undefined where there is none. */
export const ownCredentialIn = (text: string, env: Environment): string | undefined =>
  Object.keys(env).find((name) => {
    const value = env[name] ?? '';
    return isOwnCredential(name) && value.length >= SHORTEST && text.includes(value);
  });
