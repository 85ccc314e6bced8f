import { homedir } from 'node:os';
import { defined } from '../objects.ts';
import type { AwsTarget, FixedCredentials } from './ports.ts';
import { putWireUnder } from './wire.ts';

/** What every SDK client has, as far as a session needs it. */
export interface SdkClient {
  readonly config: { readonly credentials: Provider };
  readonly send: unknown;
}

/**
 * Where a client gets a middleware that does nothing, in place of its retries: these make way for retry.ts, and even with
 * one attempt they would wrap errors, which can cost a code.
 */
export const IN_PLACE_OF_RETRIES = {
  name: 'retryMiddleware',
  step: 'finalizeRequest',
  priority: 'high',
  override: true,
} as const;

/** How the clients of all services are made. */
interface ClientConfig {
  readonly region: string;
  readonly maxAttempts: 1;
  readonly requestHandler: { readonly connectionTimeout: number };
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials?: FixedCredentials | Provider;
}

/** Gives the keys that requests are signed with, and finds new ones when these end. */
type Provider = () => Promise<FixedCredentials>;

/** What opens a service's client, with IN_PLACE_OF_RETRIES. */
export interface Opening<Client extends SdkClient, Sdk> {
  readonly name: string;
  readonly open: (config: ClientConfig) => Promise<{ readonly client: Client; readonly sdk: Sdk }>;
}

/** The clients of one run: one for each service and target. All sign with keys that were found once. */
export class Clients {
  readonly #opened = new Map<string, Promise<unknown>>();
  #credentials: Promise<Provider> | undefined;

  /** Opens the client of a service for a target, or returns the one that is open. */
  open<Client extends SdkClient, Sdk>(
    service: Opening<Client, Sdk>,
    target: AwsTarget,
  ): Promise<{ readonly client: Client; readonly sdk: Sdk }> {
    const key = [service.name, target.region, target.endpoint, target.profile].join(' ');
    const known = this.#opened.get(key);
    if (known !== undefined) return known as Promise<{ readonly client: Client; readonly sdk: Sdk }>;
    const first = this.#credentials;
    const opened =
      first === undefined
        ? openClient(service, target, undefined)
        : first.then((found) => openClient(service, target, found));
    this.#credentials ??= opened.then(({ client }) => client.config.credentials);
    // Whoever asked for the client hears of it.
    this.#credentials.catch(() => undefined);
    this.#opened.set(key, opened);
    return opened;
  }
}

/** Opens a client that sends nothing before its first request. @param found where the keys come from, if the target has none of its own */
async function openClient<Client extends SdkClient, Sdk>(
  service: Opening<Client, Sdk>,
  target: AwsTarget,
  found: Provider | undefined,
): Promise<{ readonly client: Client; readonly sdk: Sdk }> {
  const credentials = target.credentials ?? found;
  prepareForSdk(process.env);
  const opened = await service.open({
    region: target.region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 5_000 },
    ...defined({ profile: target.profile, endpoint: target.endpoint, credentials }),
  });
  putWireUnder(opened.client);
  return opened;
}

/**
 * Prepares the environment variables that the SDK reads. Call it before the SDK is loaded.
 *
 * The SDK looks for its shared config below the user's home folder, and fails where `os.homedir` throws: without HOME, for a
 * user without an entry in /etc/passwd. HOME becomes `/` then, as in a container that Docker runs as such a user. Without
 * a home folder the AWS CLI finds no shared config either, and takes the environment's settings.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */
function prepareForSdk(env: NodeJS.ProcessEnv): void {
  // The SDK warns about Node 20 at its first client; that is for us to know, not for the operator.
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  try {
    homedir();
  } catch {
    env['HOME'] = '/';
  }
}
