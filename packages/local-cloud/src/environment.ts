import type { CloudFile } from './cloud-file.ts';

/** Shells that `local env` speaks. */
export type Shell = 'sh' | 'fish';

/** A profile beats keys in the environment, and a session token would be sent beside foreign keys. */
const IN_THE_WAY = ['AWS_PROFILE', 'AWS_SESSION_TOKEN'];

/** Lines that a shell evaluates, so that its AWS clients talk to the local cloud. */
export function environmentLines(cloud: CloudFile, region: string, shell: Shell): string {
  const variables = {
    AWS_ENDPOINT_URL_EC2: cloud.endpoint,
    AWS_ENDPOINT_URL_S3: cloud.endpoint,
    AWS_ACCESS_KEY_ID: cloud.access_key_id,
    AWS_SECRET_ACCESS_KEY: cloud.secret_access_key,
    AWS_REGION: region,
    // The AWS CLI and boto3 read only this one.
    AWS_DEFAULT_REGION: region,
  };
  const fish = shell === 'fish';
  const hint = fish ? 'rolecall local env --shell fish | source' : 'eval "$(rolecall local env)"';
  const lines = [
    `# Points any AWS client to rolecall's local cloud:  ${hint}`,
    ...Object.entries(variables).map(([name, value]) =>
      fish ? `set -gx ${name} ${quoted(value)};` : `export ${name}=${quoted(value)}`,
    ),
    ...IN_THE_WAY.map((name) => (fish ? `set -e ${name};` : `unset ${name}`)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Neither shell sees anything but text in single quotes; a quote itself stands outside of them. */
const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
