import type { BoxDriver, BoxServices, ImageBuilder } from './box.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Owner } from './cloud-file.ts';
import type { Explain } from './control/answers.ts';
import { openDoor } from './control/door.ts';
import { Addresses } from './ec2/addresses.ts';
import { Buckets } from './ec2/buckets.ts';
import type { Instance } from './ec2/instance.ts';
import { Machines } from './ec2/machines.ts';
import type { World } from './ec2/operation.ts';
import { FaultCounts, type Faults } from './faults.ts';
import { Images } from './images.ts';
import { RequestCounts } from './request-counts.ts';
import { ObjectStore } from './s3/store.ts';
import { sweep } from './s3/sweep.ts';
import { s3Listener, serve } from './server.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import {
  type Credentials,
  Keyring,
  randomCredentials,
  type TemporaryCredentials,
} from './signature/keyring.ts';

export interface CloudOptions {
  readonly driver: BoxDriver;
  /** Where S3's objects are kept, absolute: they outlive the cloud. */
  readonly s3Folder: string;
  /** The objects go with the cloud, so they need not survive a loss of power. */
  readonly passing?: boolean;
  /** Whom the files of S3 belong to, when root serves for somebody else. */
  readonly owner?: Owner | undefined;
  /** Builds images; without it an image is only its id (for scripted boxes). */
  readonly images?: ImageBuilder;
  /** The control API's socket, absolute; without it there is no control API. */
  readonly control?: string;
  /** A free one when absent or 0. */
  readonly port?: number;
  /** Random ones when absent. */
  readonly credentials?: Credentials;
  readonly settings?: Partial<Settings>;
  readonly faults?: Faults;
  /** What signatures are judged by; the cloud's own time too, unless `time` is another. */
  readonly clock?: Clock;
  /** The time in which its machines live: never behind `clock`. */
  readonly time?: Clock;
  /** What the control API says about errors of the system; without it they are told as defects. */
  readonly explain?: Explain | undefined;
  /** Gets a line for each defect of the cloud itself. */
  readonly log?: (line: string) => void;
}

/** A cloud that is up. */
export interface Cloud {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** Makes temporary credentials for a client. @param token random where absent */
  issue(lifeMs: number, token?: string): TemporaryCredentials;
  /** Settles when the cloud is down, whoever ended it: `stop`, the control API, or a fault. */
  readonly ended: Promise<void>;
  /** Ends every box, then the endpoint. */
  stop(): Promise<void>;
}

/**
 * Starts a local cloud in this process: EC2, S3 and the control API on one loopback port.
 * @throws CloudError when the port is taken
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const clock = options.clock ?? systemClock;
  const time = options.time ?? clock;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const faults = options.faults ?? {};
  const credentials = options.credentials ?? randomCredentials();
  const log = options.log ?? (() => undefined);
  const explain = options.explain ?? (() => undefined);
  const keyring = new Keyring(credentials, clock);
  const counts = new FaultCounts(faults);
  const requests = new RequestCounts();
  const skewed = { now: () => time.now() + counts.clockSkewMs };
  const store = await ObjectStore.open(options.s3Folder, options.owner, skewed, !options.passing);
  const handler = s3Listener({ store, keyring, counts, requests, log, wall: clock });
  const images = new Images(options.images ?? NO_FILES);
  let port = 0;
  const services = ({ spec }: Instance): BoxServices => ({
    s3: { port, handler },
    network: images.hasNetwork(spec.imageId),
    ...(spec.instanceProfile !== undefined && { credentials: keyring.forMachine() }),
  });
  const world: World = {
    clock: time,
    settings,
    faults,
    images,
    machines: new Machines({ driver: options.driver, clock: time, settings, faults, services }),
    tokens: new Map(),
    addresses: new Addresses(),
    buckets: new Buckets(() => time.monotonic()),
    resourceTags: new Map(),
  };
  const server = await serve({
    world,
    counts,
    requests,
    keyring,
    store,
    wall: clock,
    port: options.port ?? 0,
    log,
  });
  port = Number(new URL(server.endpoint).port);
  const { endpoint } = server;
  const context = { world, requests, store, log, explain, credentials, driver: options.driver, endpoint };
  const door =
    options.control === undefined
      ? undefined
      : await openDoor(options.control, options.owner, context, server.end);
  // Leftovers of crashes hurt nobody: they are looked for while the cloud serves.
  void sweep(store, clock.now()).catch((error: unknown) =>
    log(`S3's leftovers could not be removed: ${String(error)}`),
  );
  // The endpoint goes last: a client that still asks is answered while the boxes end.
  const ended = server.closing.then(async () => {
    await Promise.all([world.images.close(), world.machines.close()]);
    await Promise.all([server.close(), door?.close()]);
  });
  const stop = () => {
    server.end();
    return ended;
  };
  const issue: Cloud['issue'] = (lifeMs, token) => keyring.issue(lifeMs, token);
  return { endpoint: server.endpoint, credentials, issue, ended, stop };
}

const NO_FILES: ImageBuilder = { build: () => Promise.resolve({ built: false }) };
