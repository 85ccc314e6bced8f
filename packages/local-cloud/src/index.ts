/**
 * The local cloud, as other programs use it; nothing else of this package is for them.
 * What serves a cloud is loaded when it is called: a client of a running one needs none of that.
 */
import type { CloudFile } from './cloud-file.ts';
import type { Faults } from './faults.ts';
import type { ServeHost, serveCloud as serveNow } from './process.ts';

export type { BoxDriver, ImageRequest, MachineKind } from './box.ts';
export { type ChildOptions, type CloudProcess, startCloudProcess } from './child.ts';
export type { Clock } from './clock.ts';
export { type CloudFile, localFolder, type Owner } from './cloud-file.ts';
export {
  type About,
  about,
  endCloud,
  type RunningCloud,
  registerBucket,
  registerImage,
  requestsOf,
  runningCloud,
} from './control/client.ts';
export type { Reach } from './control/connection.ts';
export { environmentLines, type Shell } from './environment.ts';
export { CloudError, type CloudErrorKind } from './errors.ts';
export type { Faults } from './faults.ts';
export type { Bootstrapper, Installation } from './installation.ts';
export { type Privilege, type PrivilegeQuestion, privilege, realSudo } from './privilege.ts';
export type { ServeHost, ServeOptions } from './process.ts';
export type { OperationCount, RequestTally } from './request-counts.ts';
export { requireVmPrograms } from './vm/programs.ts';

/** Serves a cloud in this process until it is to end; see `serveCloud` of process.ts. */
export const serveCloud: typeof serveNow = async (...args) =>
  (await import('./process.ts')).serveCloud(...args);

/** Serves the cloud that `startCloudProcess` asked for; see serve-request.ts. */
export const serveRequested = async (text: string, host: ServeHost): Promise<void> =>
  (await import('./serve-request.ts')).serveRequested(text, host);

/** Reads and checks a faults file. @throws CloudError that names every fault of the file with its line and column */
export const readFaults = async (path: string): Promise<Faults> =>
  (await import('./faults-file.ts')).readFaults(path);

/** Runs a command inside a machine; see enter/enter.ts. */
export const enter = async (file: CloudFile, instance: string, argv: readonly string[]): Promise<number> =>
  (await import('./enter/enter.ts')).enter(file, instance, argv);
