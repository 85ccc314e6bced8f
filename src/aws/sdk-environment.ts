import { homedir } from 'node:os';

/**
 * Prepares the environment variables that the SDK reads. Call it before the SDK is loaded.
 *
 * The SDK looks for its shared config below the user's home folder, and fails where `os.homedir` throws: without HOME, for a
 * user without an entry in /etc/passwd. HOME becomes `/` then, as in a container that Docker runs as such a user. Without
 * a home folder the AWS CLI finds no shared config either, and takes the environment's settings.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
export function prepareForSdk(env: NodeJS.ProcessEnv): void {
  // The SDK warns about Node 20 at its first client; that is for us to know, not for the operator.
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  try {
    homedir();
  } catch {
    env['HOME'] = '/';
  }
}
