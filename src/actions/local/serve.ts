import { circumstance } from '../../errno.ts';
import type { Runtime } from '../runtime.ts';
import { type ServeHost, serveRequested } from './gateway.ts';
import { installation } from './installation.ts';

/** The streams of the process that serves a cloud. */
export type ServeStreams = Pick<ServeHost, 'stdin' | 'stdout' | 'stderr'>;

/** What the local cloud's package may touch when this process serves a cloud. */
export const serveHost = (
  { stdin, stdout, stderr }: ServeStreams,
  { clock, signal }: Pick<Runtime, 'clock' | 'signal'>,
): ServeHost => ({
  ...{ stdin, stdout, stderr, clock, signal },
  installation: installation(),
  explain: circumstance,
});

/** The inside of a process that a command started: serves the cloud of its request until that is to end. */
export const serveLocalCloud = (
  request: string,
  streams: ServeStreams,
  runtime: Pick<Runtime, 'clock' | 'signal'>,
): Promise<void> => serveRequested(request, serveHost(streams, runtime));
