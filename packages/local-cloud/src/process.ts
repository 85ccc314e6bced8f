import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { BoxDriver, MachineKind } from './box.ts';
import { acceleratedClock, type Clock, type Pace, systemClock } from './clock.ts';
import { type Cloud, type CloudOptions, startCloud } from './cloud.ts';
import {
  type CloudFile,
  makeStateFolder,
  type Owner,
  removeCloudFile,
  writeCloudFile,
} from './cloud-file.ts';
import type { Explain } from './control/answers.ts';
import type { Faults } from './faults.ts';
import { isAbandoned, MARK, ownMark } from './holder.ts';
import type { Installation } from './installation.ts';
import { openObjects } from './objects.ts';
import { sandboxes } from './sandboxes.ts';
import { simulatedDriver } from './simulated/driver.ts';
import { virtualMachines } from './vms.ts';

/** How a cloud's own process is to serve. */
export interface ServeOptions {
  /** The local cloud's folder, absolute; belongs to the user who asked for the cloud. */
  readonly folder: string;
  /** Keep the keys off the disk, and end when stdin does. */
  readonly ephemeral: boolean;
  /** Print the cloud's file as one line on stdout, for the process that started this one. */
  readonly announce: boolean;
  /** A free one when 0. */
  readonly port: number;
  readonly faults: Faults;
  readonly machines: MachineKind;
  /** How many times as fast as this machine's its time runs; only with simulated boxes, since real ones live in ours. */
  readonly speed: number;
  /** Whom the files belong to, when root serves for somebody else. */
  readonly owner: Owner | undefined;
}

/** What the process may touch. */
export interface ServeHost {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly installation: Installation;
  readonly explain?: Explain | undefined;
}

/**
 * Serves a cloud until somebody ends it: a signal, `local down`, or, when ephemeral, the end of stdin.
 * @param onUp called when the cloud answers
 * @throws CloudError when another cloud of this folder is up; CloudError when this host can't make boxes
 */
export async function serveCloud(
  options: ServeOptions,
  host: ServeHost,
  onUp: (file: CloudFile, driver: Pick<BoxDriver, 'limits' | 'capacity'>) => void = () => undefined,
): Promise<void> {
  await makeStateFolder(options.folder, options.owner);
  // A full disk behind the log, or a terminal that is gone, ends no machine.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => undefined);
  const pace: Pace = { originMs: host.clock.now(), speed: options.speed };
  const time = pace.speed === 1 ? host.clock : acceleratedClock(pace, host.clock);
  const boxes = await boxesOf(options, host, time);
  const objects = openObjects(options.folder, pace.speed !== 1);
  const control = controlSocket(options.folder);
  const cloud = await startCloud({
    ...boxes,
    s3Folder: objects.folder,
    passing: objects.passing,
    owner: options.owner,
    control,
    port: options.port,
    faults: options.faults,
    clock: host.clock,
    time,
    explain: host.explain,
    log: (line) => host.stderr.write(`${line}\n`),
  });
  const { driver } = boxes;
  try {
    const file = { ...fileOf(cloud, driver.kind, pace), control };
    if (!options.ephemeral) writeCloudFile(options.folder, file, options.owner);
    if (options.announce) host.stdout.write(`${JSON.stringify(file)}\n`);
    onUp(file, driver);
    await Promise.race([cloud.ended, askedToEnd(options, host)]);
  } finally {
    // The file goes first: nobody should find a cloud that is ending.
    if (!options.ephemeral) removeCloudFile(options.folder, cloud.endpoint, options.owner);
    await cloud.stop();
    objects.close();
  }
}

async function boxesOf(
  { machines, folder, faults }: ServeOptions,
  { clock, installation }: ServeHost,
  time: Clock,
): Promise<Pick<CloudOptions, 'driver' | 'images'>> {
  switch (machines) {
    case 'simulated':
      return { driver: simulatedDriver(time, faults) };
    case 'vm':
      return virtualMachines(folder, clock, installation);
    case 'sandbox':
      return sandboxes(folder, clock, installation);
  }
}

/** A socket for this process; those of killed ones are removed. Absolute. */
function controlSocket(folder: string): string {
  for (const name of readdirSync(folder)) {
    const [, mark] = SOCKET.exec(name) ?? [];
    if (mark !== undefined && isAbandoned(mark, lstatSync(join(folder, name)).mtimeMs, systemClock.now()))
      rmSync(join(folder, name), { force: true });
  }
  return join(folder, `control-${ownMark()}-${randomBytes(4).toString('hex')}.sock`);
}

const SOCKET = new RegExp(`^control-(${MARK})-[0-9a-f]{8}\\.sock$`);

function fileOf(
  { endpoint, credentials }: Cloud,
  kind: CloudFile['kind'],
  { originMs, speed }: Pace,
): Omit<CloudFile, 'control'> {
  return {
    endpoint,
    pid: process.pid,
    mark: ownMark(),
    access_key_id: credentials.accessKeyId,
    secret_access_key: credentials.secretAccessKey,
    kind,
    started: new Date(originMs).toISOString(),
    ...(speed !== 1 && { clock: { origin_ms: originMs, speed } }),
  };
}

/** Settles when the process is asked to end. A parent that is killed closes our stdin, whatever killed it. */
function askedToEnd({ ephemeral }: ServeOptions, { stdin, signal }: ServeHost): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (!ephemeral) return;
    stdin
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    stdin.resume();
  });
}
