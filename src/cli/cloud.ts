import type { Connection } from '../aws/ec2.ts';
import { duration } from '../io/text.ts';
import type { Host } from './host.ts';
import { type LocalAmi, type LocalCloud, localCloud } from './local-connect.ts';

/** A connection to EC2: AWS's, or the local cloud's. */
export interface Cloud {
  readonly ec2: Connection;
  /** Set where it is the local cloud. */
  readonly local?: LocalCloud;
  /** Arguments that a later command needs to find the same cloud; undefined where nothing will be left to find. */
  readonly followUp: readonly string[] | undefined;
  /** Who hears what people should know of the connection (a request that is repeated); the last one given. */
  onNotice(listener: (text: string) => void): void;
  /** Ends a local cloud that was started for this command alone, with its machines. */
  close(): Promise<void>;
}

/** The arguments that choose a cloud. */
export interface CloudWords {
  readonly local: boolean;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly catalogue?: string | undefined;
}

/**
 * Connects to AWS or, with `--local`, to the local cloud: the one that is up, else (where a launch is to follow) one for
 * this command alone.
 */
export async function connectCloud(
  words: CloudWords,
  region: string,
  host: Host,
  options: { readonly image?: LocalAmi } = {},
): Promise<Cloud> {
  // The SDK takes longest to load: begin with it while the local cloud starts.
  const connecting = import('../aws/ec2.ts');
  let notify = (_text: string): void => {};
  const onNotice = (listener: typeof notify) => {
    notify = listener;
  };
  const onRetry = ({ message }: Error, pauseMs: number) =>
    notify(`${message}: asking again in ${duration(pauseMs)}`);
  const tools = { clock: host.clock, signal: host.signal, onRetry };
  const later = [
    ...(words.catalogue ? ['--catalogue', words.catalogue] : []),
    ...(words.region ? ['--region', words.region] : []),
  ];
  if (!words.local) {
    const { connectEc2 } = await connecting;
    const target = { region, ...(words.profile !== undefined && { profile: words.profile }) };
    const profile = words.profile === undefined ? [] : ['--profile', words.profile];
    return {
      ec2: connectEc2(target, tools),
      followUp: [...later, ...profile],
      onNotice,
      close: async () => {},
    };
  }
  const local = await localCloud(host, options.image);
  const { connectEc2 } = await connecting;
  const { endpoint, accessKeyId, secretAccessKey } = local;
  return {
    ec2: connectEc2({ region, endpoint, credentials: { accessKeyId, secretAccessKey } }, tools),
    local,
    followUp: local.ephemeral ? undefined : [...later, '--local'],
    onNotice,
    close: local.close,
  };
}
