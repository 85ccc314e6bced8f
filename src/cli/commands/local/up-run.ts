import { isAbsolute, resolve } from 'node:path';
import type { MachineKind } from '../../../../packages/local-cloud/src/box.ts';
import { startCloudProcess } from '../../../../packages/local-cloud/src/child.ts';
import { type CloudFile, localFolder, type Owner } from '../../../../packages/local-cloud/src/cloud-file.ts';
import { runningCloud } from '../../../../packages/local-cloud/src/control/client.ts';
import { readFaults } from '../../../../packages/local-cloud/src/faults-file.ts';
import type { Privilege } from '../../../../packages/local-cloud/src/privilege.ts';
import { serveCloud } from '../../../../packages/local-cloud/src/process.ts';
import { requireVmPrograms } from '../../../../packages/local-cloud/src/vm/programs.ts';
import { rightsHere } from '../../../actions/local/rights.ts';
import { speedOf } from '../../../actions/local/speed.ts';
import { ConflictError, type ExitCode, exitCode, UsageError } from '../../../errors.ts';
import { stateFolder } from '../../../files/state-folder.ts';
import { writeReport } from '../../../terminal/report.ts';
import type { Host } from '../../context.ts';
import type { LocalUpValues } from './up.ts';

/** Starts a local cloud. Exit 0 also when one is up already. */
export async function runLocalUp(values: LocalUpValues, host: Host): Promise<ExitCode> {
  const machines = machinesOf(values);
  const simulated = machines === 'simulated';
  const speed = speedOf(values['clock-speed'], simulated);
  if (machines === 'vm') requireVmPrograms();
  else if (process.platform !== 'linux' && !simulated)
    throw new UsageError(`the local cloud's machines are Linux sandboxes, and this is ${process.platform}`, {
      hint: 'run rolecall in a Linux machine or container, use --boxes simulated, or launch on AWS without --local',
    });
  const folder = folderOf(values, host);
  const faults = values.faults === undefined ? undefined : resolve(host.cwd, values.faults);
  const port = portOf(values.port);
  if (!values.ephemeral) {
    const up = await runningCloud(folder, undefined, ownerOf(values.owner));
    if (up !== undefined) return already(up.file, values, host);
  }
  if (values.foreground || values.ephemeral) return foreground(values, folder, port, faults, host);
  // Read here too, so that a fault in the file is told before anything starts.
  if (faults !== undefined) readFaults(faults);

  const rights = rightsOf(values, host);
  const sudo = rights.kind === 'sudo';
  let file: CloudFile;
  try {
    const options = { folder, ephemeral: false, sudo, port, faults, machines, speed };
    ({ file } = await startCloudProcess(options));
  } catch (error) {
    // Of several at once one comes up; that is what the others were to see to as well.
    const other = await runningCloud(folder);
    if (other === undefined) throw error;
    return already(other.file, values, host);
  }
  const up = await runningCloud(folder);
  tellLimits({ limits: up?.about.limits ?? [], kind: file.kind }, rights, host);
  await writeReport(host.terminal, greeting(file, up?.about.capacity));
  return exitCode('ok');
}

async function foreground(
  values: LocalUpValues,
  folder: string,
  port: number | undefined,
  faults: string | undefined,
  host: Host,
): Promise<ExitCode> {
  const { stdin, stdout, stderr } = host.terminal;
  const { ephemeral } = values;
  // What a machine's root is to read must not hang on the operator's umask; secrets have modes of their own.
  process.umask(0o022);
  const announce = values.announce || ephemeral;
  await serveCloud(
    {
      folder,
      ephemeral,
      announce,
      port: port ?? 0,
      faults: faults === undefined ? {} : readFaults(faults),
      machines: machinesOf(values),
      speed: values['clock-speed'] ?? 1,
      owner: ownerOf(values.owner),
    },
    { stdin, stdout, stderr, signal: host.signal, clock: host.clock },
    (file, { limits, capacity }) => {
      if (announce) return;
      const why = 'this is not root';
      tellLimits({ limits, kind: file.kind }, { kind: 'none', why }, host);
      void writeReport(host.terminal, greeting(file, capacity?.sentence));
    },
  );
  return exitCode('ok');
}

async function already(file: CloudFile, values: LocalUpValues, host: Host): Promise<ExitCode> {
  const { port, faults, boxes } = values;
  const speed = values['clock-speed'] ?? file.clock?.speed;
  // Whoever asks for faults and gets the cloud without them would draw wrong conclusions.
  if (
    faults !== undefined ||
    (port !== undefined && !file.endpoint.endsWith(`:${port}`)) ||
    ((boxes === 'simulated' || boxes === 'vm') && file.kind !== boxes) ||
    speed !== file.clock?.speed
  )
    throw new ConflictError(
      `a local cloud is up already at ${file.endpoint}, started without these options`,
      {
        hint: 'rolecall local down, then again',
      },
    );
  await writeReport(
    host.terminal,
    `The local cloud is up already at ${file.endpoint} (${file.kind} boxes).\n`,
  );
  return exitCode('ok');
}

function machinesOf({ boxes }: LocalUpValues): MachineKind {
  return boxes === 'simulated' || boxes === 'vm' ? boxes : 'sandbox';
}

function rightsOf({ boxes }: LocalUpValues, host: Host): Privilege {
  if (boxes === 'simulated') return { kind: 'none', why: 'they are simulated' };
  if (boxes === 'vm') return { kind: 'none', why: 'virtual machines need no root' };
  const rights = rightsHere(host, boxes === 'limited');
  if (rights.kind === 'none' && boxes === 'complete')
    throw new UsageError(`complete boxes need root: ${rights.why}`, {
      hint: 'run it as root or a user with sudo, or use --boxes limited',
    });
  return rights;
}

function tellLimits(
  { limits, kind }: { readonly limits: readonly string[]; readonly kind: string },
  rights: Privilege,
  { terminal }: Host,
): void {
  if (limits.length === 0) return;
  if (kind === 'simulated') return void terminal.stderr.write(limits.map((line) => `${line}\n`).join(''));
  const why = rights.kind === 'none' ? ` (${rights.why})` : '';
  terminal.stderr.write(`Its machines are limited${why}:\n${limits.map((line) => `  - ${line}\n`).join('')}`);
}

const greeting = (
  { endpoint, kind, clock }: CloudFile,
  capacity: string | undefined,
): string => `The local cloud is up at ${endpoint} (${kind} boxes${clock === undefined ? '' : `, time ${clock.speed} times as fast`}).
${capacity === undefined ? '' : `Its machines: ${capacity}.\n`}\
  launch --role ROLE --env ENVIRONMENT --context CONTEXT --local   launch into it
  eval "$(rolecall local env)"                                     point any AWS client to it
  rolecall local down                                              end it, with all its machines
`;

function folderOf(values: LocalUpValues, host: Host): string {
  const given = values['state-folder'];
  if (given === undefined) return localFolder(stateFolder(host.env));
  if (!isAbsolute(given)) throw new UsageError(`--state-folder must be absolute: ${given}`);
  return given;
}

function portOf(port: number | undefined): number | undefined {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return port;
  throw new UsageError(`--port must be a number from 0 to 65535: ${port}`, {
    hint: 'leave it out for a free port',
  });
}

function ownerOf(owner: string | undefined): Owner | undefined {
  if (owner === undefined) return undefined;
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(owner) ?? [];
  if (uid === undefined) throw new UsageError(`--owner must be UID:GID: ${owner}`);
  return { uid: Number(uid), gid: Number(gid) };
}
