import { isAbsolute } from 'node:path';
import type { Duplex } from 'node:stream';
import type { BoxDriver, ImageRequest } from '../box.ts';
import { isUp } from '../ec2/lifecycle.ts';
import { isNoRoom } from '../errno.ts';
import { CloudError } from '../errors.ts';
import { AMI_ID } from '../images.ts';
import { isBucketName } from '../s3/bucket-operations.ts';
import { DISK_FULL } from '../s3/s3-error.ts';
import type { Served } from '../server.ts';
import type { Credentials } from '../signature/keyring.ts';

/** What the control API tells of and acts on. */
export interface ControlContext extends Pick<Served, 'world' | 'requests' | 'store' | 'log'> {
  readonly credentials: Credentials;
  readonly driver: Pick<BoxDriver, 'kind' | 'limits' | 'capacity'>;
  readonly explain: Explain;
  /** Where the cloud's EC2 and S3 are. */
  readonly endpoint: string;
}

/**
 * What to tell people about an error of the system, such as a folder without rights: the product has these sentences.
 * @returns undefined for a defect
 */
export type Explain = (
  error: unknown,
) => { readonly message: string; readonly hint: string | undefined } | undefined;

interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface ControlAnswer {
  readonly status: number;
  readonly json: unknown;
  /** The cloud ends after this answer. */
  readonly thenEnd?: true;
}

const problem = (status: number, error: string): ControlAnswer => ({ status, json: { error } });

/**
 * rolecall's own calls to its cloud, JSON over HTTP, from clients that have proved themselves:
 * `GET /_rolecall/`, `GET /_rolecall/requests`, `POST /_rolecall/images`, `POST /_rolecall/buckets`, `GET /_rolecall/boxes/INSTANCE`, `POST /_rolecall/down`.
 */
export async function answerControl(request: ControlRequest, served: ControlContext): Promise<ControlAnswer> {
  try {
    return await answered(request, served);
  } catch (error) {
    return refusal(error, served);
  }
}

/** Whoever asks gets the reason: a connection that breaks would pass for a cloud that is gone. */
function refusal(error: unknown, { log, explain }: ControlContext): ControlAnswer {
  if (isNoRoom(error))
    return {
      status: 507,
      json: { error: DISK_FULL, hint: 'make room there, then run the same command again' },
    };
  const known = error instanceof CloudError ? error : explain(error);
  if (known !== undefined) return { status: 422, json: { error: known.message, hint: known.hint } };
  const message = error instanceof Error ? error.message : String(error);
  log(`a call of the control API failed: ${error instanceof Error ? (error.stack ?? message) : message}`);
  return problem(500, message);
}

async function answered(request: ControlRequest, served: ControlContext): Promise<ControlAnswer> {
  const [, , noun = '', id = ''] = request.path.split('/');
  switch (`${request.method} ${noun}`) {
    case 'GET ':
      return about(served);
    case 'GET requests':
      return { status: 200, json: served.requests.tally };
    case 'POST images':
      return registerImage(request.body, served);
    case 'POST buckets':
      return registerBucket(request.body, served);
    case 'GET boxes':
      return box(id, served);
    case 'POST down':
      return down(served);
    default:
      return problem(404, `no such call: ${request.method} ${request.path}`);
  }
}

function about({ world, endpoint, driver }: ControlContext): ControlAnswer {
  return {
    status: 200,
    json: {
      endpoint,
      pid: process.pid,
      kind: driver.kind,
      limits: driver.limits,
      capacity: driver.capacity?.sentence,
      images: world.images.list().map(({ id }) => id),
      boxes: world.machines.list().filter(({ life }) => isUp(life)).length,
    },
  };
}

async function registerImage(body: string, { world }: ControlContext): Promise<ControlAnswer> {
  const request = imageRequest(body);
  if (typeof request === 'string') return problem(400, request);
  const { image, built } = await world.images.register(request, world.clock.now());
  return { status: 200, json: { id: image.id, root: image.root, built } };
}

/** Makes a bucket where there is none. */
async function registerBucket(body: string, { store, world }: ControlContext): Promise<ControlAnswer> {
  const { name, region } = (parseJson(body) ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || !isBucketName(name) || typeof region !== 'string')
    return problem(
      400,
      `expected a JSON object {name, region} with a bucket's name: ${JSON.stringify(name)}`,
    );
  const created = await store.createBucket({ name, region, publicRead: false, createdAt: world.clock.now() });
  return { status: 200, json: { created } };
}

/** The request for an image, or what is wrong with it. */
function imageRequest(body: string): ImageRequest | string {
  const json = parseJson(body);
  if (typeof json !== 'object' || json === null)
    return 'expected a JSON object {id, overlay?, packages?, network?}';
  const { id, overlay, packages = [], network = false } = json as Record<string, unknown>;
  if (typeof id !== 'string' || !AMI_ID.test(id))
    return `id must be an AMI id, as ami-0123456789abcdef0: ${JSON.stringify(id)}`;
  if (overlay !== undefined && !(typeof overlay === 'string' && isAbsolute(overlay)))
    return `overlay must be an absolute path: ${JSON.stringify(overlay)}`;
  if (!Array.isArray(packages) || !packages.every(isPackageName))
    return `packages must be a list of Debian package names: ${JSON.stringify(packages)}`;
  if (typeof network !== 'boolean') return `network must be true or false: ${JSON.stringify(network)}`;
  return { id, packages, network, ...(overlay === undefined ? {} : { overlay }) };
}

/** @see https://www.debian.org/doc/debian-policy/ch-controlfields.html#source */
const isPackageName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z0-9][a-z0-9+.-]+$/.test(name);

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * Hands a connection over to a machine: `GET /_rolecall/exec/INSTANCE` with `Upgrade: rolecall-exec`.
 * @param accept answers 101; called once, and only where this returns undefined
 * @returns the refusal, where there is one
 */
export function answerExec(
  path: string,
  { world }: ControlContext,
  client: Duplex,
  accept: () => void,
): ControlAnswer | undefined {
  const [, , noun, id = ''] = path.split('/');
  const machine = noun === 'exec' ? world.machines.get(id) : undefined;
  if (machine === undefined) return problem(404, `the local cloud has no machine ${id}`);
  const begun = world.machines.exec(machine, client);
  if (begun === undefined)
    return problem(409, `the machine ${id} is ${machine.life.state}: nothing can run in it`);
  if (!begun) return problem(409, `as many commands as can already run in the machine ${id}`);
  accept();
  return undefined;
}

function box(id: string, { world, driver }: ControlContext): ControlAnswer {
  const machine = world.machines.get(id);
  if (machine === undefined) return problem(404, `the local cloud has no machine ${id}`);
  if (driver.kind === 'simulated') return problem(409, `the machine ${id} is simulated: nothing runs in it`);
  if (machine.pid === undefined)
    return problem(409, `the machine ${id} is ${machine.life.state}: it has no box`);
  return { status: 200, json: { pid: machine.pid, kind: driver.kind } };
}

/** Ends every box before it answers, so that whoever asked knows that nothing is left. */
async function down({ world }: ControlContext): Promise<ControlAnswer> {
  const boxes = world.machines.list().filter(({ life }) => isUp(life)).length;
  await Promise.all([world.images.close(), world.machines.close()]);
  return { status: 200, json: { boxes }, thenEnd: true };
}
