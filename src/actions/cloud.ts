import type { Connection } from '../aws/ec2.ts';
import type { AwsTarget } from '../aws/ports.ts';
import type { ConnectOptions } from '../aws/session.ts';
import { duration } from '../text.ts';
import { type LocalCloud, type LocalNeeds, localCloud } from './local/connect.ts';
import type { Runtime } from './runtime.ts';

/** Where a command's requests go: AWS, or the local cloud. */
export interface Place {
  readonly target: AwsTarget;
  /** Clock, signal, and who hears of requests that are repeated. */
  readonly tools: ConnectOptions;
  /** Set where it is the local cloud. */
  readonly local?: LocalCloud;
  /** Arguments that a later command needs to find the same cloud; undefined where nothing will be left to find. */
  readonly followUp: readonly string[] | undefined;
  /** Who hears what people should know of the connection (a request that is repeated); stderr until one is given. */
  onNotice(listener: (text: string) => void): void;
  /** Ends a local cloud that was started for this command alone, with its machines. */
  close(): Promise<void>;
}

/** A connection to EC2: AWS's, or the local cloud's. */
export interface Cloud extends Place {
  readonly ec2: Connection;
}

/** The arguments that choose a cloud. */
export interface CloudWords {
  readonly local: boolean;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly catalogue?: string | undefined;
}

/**
 * Connects to AWS or, with `--local`, to the local cloud: the one that is up, else (where `needs` names what is to be
 * prepared) one for this command alone.
 */
export async function connectCloud(
  words: CloudWords,
  region: string,
  runtime: Runtime,
  needs: LocalNeeds = {},
): Promise<Cloud> {
  // The SDK takes longest to load: begin with it while the local cloud starts.
  const connecting = import('../aws/ec2.ts');
  const place = await findPlace(words, region, runtime, needs);
  const { connectEc2 } = await connecting;
  return { ...place, ec2: connectEc2(place.target, place.tools) };
}

/** As connectCloud, without a connection to EC2. */
export async function findPlace(
  words: CloudWords,
  region: string,
  runtime: Runtime,
  needs: LocalNeeds,
): Promise<Place> {
  let notify = (text: string): void => {
    runtime.user.tell(text);
  };
  const onNotice = (listener: typeof notify) => {
    notify = listener;
  };
  const onRetry = ({ message }: Error, pauseMs: number) =>
    notify(`${message}: asking again in ${duration(pauseMs)}`);
  const tools = { clock: runtime.clock, signal: runtime.signal, onRetry };
  const later = [
    ...(words.catalogue ? ['--catalogue', words.catalogue] : []),
    ...(words.region ? ['--region', words.region] : []),
  ];
  if (!words.local) {
    const profile = words.profile === undefined ? [] : ['--profile', words.profile];
    return {
      target: { region, ...(words.profile !== undefined && { profile: words.profile }) },
      tools,
      followUp: [...later, ...profile],
      onNotice,
      close: async () => {},
    };
  }
  const local = await localCloud(runtime, needs);
  const { endpoint, accessKeyId, secretAccessKey } = local;
  return {
    target: { region, endpoint, credentials: { accessKeyId, secretAccessKey } },
    tools,
    local,
    followUp: local.ephemeral ? undefined : [...later, '--local'],
    onNotice,
    close: local.close,
  };
}
