import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../io/clock.ts';
import type { BoxDriver, ImageBuilder } from './box.ts';
import { Addresses } from './ec2/addresses.ts';
import { Machines } from './ec2/machines.ts';
import type { World } from './ec2/operation.ts';
import { FaultCounts, type Faults } from './faults.ts';
import { Images } from './images.ts';
import { serve } from './server.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';

/** Keys of a cloud, in the form of AWS's. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface CloudOptions {
  readonly driver: BoxDriver;
  /** Builds images; without it an image is only its id (for scripted boxes). */
  readonly images?: ImageBuilder;
  /** A free one when absent or 0. */
  readonly port?: number;
  /** Random ones when absent. */
  readonly credentials?: Credentials;
  readonly settings?: Partial<Settings>;
  readonly faults?: Faults;
  readonly clock?: Clock;
  /** Gets a line for each defect of the cloud itself. */
  readonly log?: (line: string) => void;
}

/** A cloud that is up. */
export interface Cloud {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** Settles when the cloud is down, whoever ended it: `stop`, the control API, or a fault. */
  readonly ended: Promise<void>;
  /** Ends every box, then the endpoint. */
  stop(): Promise<void>;
}

/**
 * Starts a local cloud in this process: EC2's query protocol and the control API on one loopback port.
 * @throws UsageError when the port is taken
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const clock = options.clock ?? systemClock;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const faults = options.faults ?? {};
  const credentials = options.credentials ?? randomCredentials();
  const world: World = {
    clock,
    settings,
    faults,
    images: new Images(options.images ?? NO_FILES),
    machines: new Machines({ driver: options.driver, clock, settings, faults }),
    tokens: new Map(),
    addresses: new Addresses(),
    resourceTags: new Map(),
  };
  const { kind, limits } = options.driver;
  const server = await serve({
    world,
    counts: new FaultCounts(faults),
    credentials,
    port: options.port ?? 0,
    driver: { kind, limits },
    log: options.log ?? (() => undefined),
  });
  // The endpoint goes last: a client that still asks is answered while the boxes end.
  const ended = server.closing.then(async () => {
    await Promise.all([world.images.close(), world.machines.close()]);
    await server.close();
  });
  const stop = () => {
    server.end();
    return ended;
  };
  return { endpoint: server.endpoint, credentials, ended, stop };
}

const NO_FILES: ImageBuilder = { build: () => Promise.resolve({ built: false }) };

/** Keys that nobody can guess: with them commands run as root in a box. */
export const randomCredentials = (): Credentials => ({
  accessKeyId: `AKIA${base32(16)}`,
  secretAccessKey: randomBytes(30).toString('base64'),
});

const base32 = (length: number): string =>
  [...randomBytes(length)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
