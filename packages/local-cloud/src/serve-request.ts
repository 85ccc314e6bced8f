import { isAbsolute } from 'node:path';
import type { MachineKind } from './box.ts';
import type { Owner } from './cloud-file.ts';
import { runningCloud } from './control/client.ts';
import { CloudError } from './errors.ts';
import { readFaults } from './faults-file.ts';
import { type ServeHost, serveCloud } from './process.ts';

/** What the process that starts a cloud asks of the cloud's own process; JSON on its command line, so it holds no secret. */
export interface ServeRequest {
  /** The local cloud's folder, absolute. */
  readonly folder: string;
  /** Ends with the process that starts it. */
  readonly ephemeral: boolean;
  /** Whom the files belong to, when root serves for another user. */
  readonly owner?: Owner | undefined;
  /** A free one when absent. */
  readonly port?: number | undefined;
  /** Absolute path of a faults file. */
  readonly faults?: string | undefined;
  /** Sandboxes when absent. */
  readonly machines?: MachineKind | undefined;
  /** How many times as fast as this computer's its time runs; 1 when absent. */
  readonly speed?: number | undefined;
}

/**
 * Serves the cloud that `startCloudProcess` asked for, until it is to end.
 * @param text the last argument of the process's command line
 * @throws CloudError when another cloud of this folder is up, or this host can't make boxes
 */
export async function serveRequested(text: string, host: ServeHost): Promise<void> {
  const { folder, ephemeral, owner, port = 0, faults, machines = 'sandbox', speed = 1 } = parse(text);
  // What a cloud that died has left behind goes first.
  if (!ephemeral && (await runningCloud(folder, undefined, owner)) !== undefined)
    throw new CloudError('conflict', 'a local cloud is up already', { hint: 'rolecall local env' });
  // What a machine's root is to read must not depend on the operator's umask; secrets have modes of their own.
  process.umask(0o022);
  await serveCloud(
    {
      ...{ folder, ephemeral, owner, port, machines, speed },
      announce: true,
      faults: faults === undefined ? {} : readFaults(faults),
    },
    host,
  );
}

/** @throws CloudError for a text that `startCloudProcess` didn't make */
function parse(text: string): ServeRequest {
  const json = jsonOf(text);
  if (typeof json === 'object' && json !== null && isAbsolute(String((json as Partial<ServeRequest>).folder)))
    return json as ServeRequest;
  throw new CloudError('usage', 'the request of a local cloud is not JSON with an absolute folder', {
    hint: 'start a local cloud with: rolecall local up',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
