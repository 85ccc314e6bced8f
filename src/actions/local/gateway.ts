import * as cloud from '@rolecall/local-cloud';
import { AwsError, ConflictError, RolecallError, UsageError } from '../../errors.ts';

export type {
  ChildOptions,
  CloudFile,
  Installation,
  MachineKind,
  Privilege,
  RequestTally,
  RunningCloud,
  ServeHost,
} from '@rolecall/local-cloud';

/**
 * The local cloud as rolecall calls it: the only file that imports the package. An error of the cloud becomes the error of
 * rolecall that has the same message and hint, and the exit code of its kind.
 */
export const about = translating(cloud.about);
export const endCloud = translating(cloud.endCloud);
export const enter = translating(cloud.enter);
export const environmentLines = translating(cloud.environmentLines);
export const localFolder = translating(cloud.localFolder);
export const privilege = translating(cloud.privilege);
export const readFaults = translating(cloud.readFaults);
export const realSudo = translating(cloud.realSudo);
export const registerBucket = translating(cloud.registerBucket);
export const registerImage = translating(cloud.registerImage);
export const requestsOf = translating(cloud.requestsOf);
export const requireVmPrograms = translating(cloud.requireVmPrograms);
export const runningCloud = translating(cloud.runningCloud);
export const serveCloud = translating(cloud.serveCloud);
export const serveRequested = translating(cloud.serveRequested);
export const startCloudProcess = translating(cloud.startCloudProcess);

/** The same function, whose errors are rolecall's. */
function translating<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    try {
      const result = call(...args);
      return result instanceof Promise ? (result.catch(rethrow) as R) : result;
    } catch (error) {
      return rethrow(error);
    }
  };
}

function rethrow(error: unknown): never {
  throw error instanceof cloud.CloudError ? translated(error) : error;
}

/** The error of rolecall for one of the cloud's; its cause is the cloud's own, for --debug. */
export function translated(error: cloud.CloudError): RolecallError {
  const { message, hint, kind } = error;
  const details = { hint, cause: error };
  switch (kind) {
    case 'usage':
      return new UsageError(message, details);
    case 'conflict':
      return new ConflictError(message, details);
    case 'gone':
    case 'refused':
      return new AwsError(message, details);
    case 'silent':
      return new RolecallError('aws', message, details);
    case 'failed':
    case 'internal':
      return new RolecallError(kind, message, details);
  }
}
