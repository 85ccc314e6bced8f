import { resolve } from 'node:path';
import { ConflictError, UsageError } from '../../errors.ts';
import { stateFolder } from '../../files/state-folder.ts';
import type { Runtime } from '../runtime.ts';
import {
  type CloudFile,
  localFolder,
  type MachineKind,
  type Privilege,
  readFaults,
  requireVmPrograms,
  runningCloud,
  serveCloud,
  startCloudProcess,
} from './gateway.ts';
import { serveCommand } from './installation.ts';
import { rightsHere } from './rights.ts';
import { type ServeStreams, serveHost } from './serve.ts';
import { speedOf } from './speed.ts';

/** How a local cloud is to be. */
export interface LocalUpInput {
  readonly boxes?: 'complete' | 'limited' | 'vm' | 'simulated' | undefined;
  /** On 127.0.0.1; a free one when absent. */
  readonly port?: number | undefined;
  /** Path of a faults file. */
  readonly faults?: string | undefined;
  readonly clockSpeed?: number | undefined;
}

/** A local cloud that is up. */
export interface LocalUp {
  readonly file: CloudFile;
  /** It was up before. */
  readonly already: boolean;
  /** One sentence each on what can't work in its machines. */
  readonly limits: readonly string[];
  /** Why its machines are limited; undefined where the rights are not the reason. */
  readonly why: string | undefined;
  /** How many machines it has room for, in a sentence; undefined where nothing limits them. */
  readonly capacity: string | undefined;
}

/**
 * Starts a local cloud in the background, or finds that one is up as asked.
 * @throws UsageError where this computer can't run such machines; ConflictError where one is up that is not as asked
 */
export async function localUp(input: LocalUpInput, runtime: Runtime): Promise<LocalUp> {
  const asked = checked(input, runtime);
  const { folder, faults } = asked;
  const before = await runningCloud(folder);
  if (before !== undefined) return already(before.file, input);
  // Read here too, so that a fault in the file is told before anything starts.
  if (faults !== undefined) await readFaults(faults);
  const privilege = rightsFor(input, runtime);
  let file: CloudFile;
  try {
    const sudo = privilege.kind === 'sudo';
    ({ file } = await startCloudProcess({ command: serveCommand(), ephemeral: false, sudo, ...asked }));
  } catch (error) {
    // Of several at once one comes up; that is what the others were to see to as well.
    const other = await runningCloud(folder);
    if (other === undefined) throw error;
    return already(other.file, input);
  }
  const up = await runningCloud(folder);
  const why = privilege.kind === 'none' ? privilege.why : undefined;
  const { limits = [], capacity } = up?.about ?? {};
  return { file, already: false, limits, why, capacity };
}

/**
 * Serves a local cloud in this process until it is asked to end.
 * @param onUp called when the cloud answers
 * @returns the cloud that was up before, where there is one as asked
 */
export async function localUpHere(
  input: LocalUpInput,
  runtime: Runtime,
  streams: ServeStreams,
  onUp: (up: LocalUp) => void,
): Promise<LocalUp | undefined> {
  const { folder, port = 0, faults, machines, speed = 1 } = checked(input, runtime);
  const before = await runningCloud(folder);
  if (before !== undefined) return already(before.file, input);
  // What a machine's root is to read must not depend on the operator's umask; secrets have modes of their own.
  process.umask(0o022);
  await serveCloud(
    {
      ...{ folder, port, machines, speed },
      ephemeral: false,
      announce: false,
      owner: undefined,
      faults: faults === undefined ? {} : await readFaults(faults),
    },
    serveHost(streams, runtime),
    (file, { limits, capacity }) =>
      onUp({ file, already: false, limits, why: 'this is not root', capacity: capacity?.sentence }),
  );
  return undefined;
}

/** Checks what can be checked before anything starts. @throws UsageError */
function checked(input: LocalUpInput, { env, cwd }: Runtime) {
  const machines = machinesOf(input);
  const simulated = machines === 'simulated';
  const speed = speedOf(input.clockSpeed, simulated);
  if (machines === 'vm') requireVmPrograms();
  else if (process.platform !== 'linux' && !simulated)
    throw new UsageError(`the local cloud's machines are Linux sandboxes, and this is ${process.platform}`, {
      hint: 'run rolecall in a Linux machine or container, use --boxes simulated, or launch on AWS without --local',
    });
  const folder = localFolder(stateFolder(env));
  const faults = input.faults === undefined ? undefined : resolve(cwd, input.faults);
  return { folder, port: portOf(input.port), faults, machines, speed };
}

/** @throws ConflictError for a cloud that is not as asked */
function already(file: CloudFile, { port, faults, boxes, clockSpeed }: LocalUpInput): LocalUp {
  const speed = clockSpeed ?? file.clock?.speed;
  // Whoever asks for faults and gets the cloud without them would draw wrong conclusions.
  if (
    faults !== undefined ||
    (port !== undefined && !file.endpoint.endsWith(`:${port}`)) ||
    ((boxes === 'simulated' || boxes === 'vm') && file.kind !== boxes) ||
    speed !== file.clock?.speed
  )
    throw new ConflictError(
      `a local cloud is up already at ${file.endpoint}, started without these options`,
      { hint: 'rolecall local down, then again' },
    );
  return { file, already: true, limits: [], why: undefined, capacity: undefined };
}

const machinesOf = ({ boxes }: LocalUpInput): MachineKind =>
  boxes === 'simulated' || boxes === 'vm' ? boxes : 'sandbox';

/** @throws UsageError where complete boxes were asked for, and can't be had */
function rightsFor({ boxes }: LocalUpInput, runtime: Runtime): Privilege {
  if (boxes === 'simulated') return { kind: 'none', why: 'they are simulated' };
  if (boxes === 'vm') return { kind: 'none', why: 'virtual machines need no root' };
  const found = rightsHere(runtime, boxes === 'limited');
  if (found.kind === 'none' && boxes === 'complete')
    throw new UsageError(`complete boxes need root: ${found.why}`, {
      hint: 'run it as root or a user with sudo, or use --boxes limited',
    });
  return found;
}

function portOf(port: number | undefined): number | undefined {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return port;
  throw new UsageError(`--port must be a number from 0 to 65535: ${port}`, {
    hint: 'leave it out for a free port',
  });
}
