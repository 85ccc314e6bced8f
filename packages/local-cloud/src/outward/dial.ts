import { type LookupAddress, promises } from 'node:dns';
import { once } from 'node:events';
import { isIP, type LookupFunction, connect as netConnect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { upstreamFor } from './upstream.ts';
import { type Outward, Refusal, unreachable } from './ways.ts';

/** A connection on the way to a target. */
export interface Dialled {
  readonly socket: Socket;
  /** The operator's proxy, where the connection leads there and not to the target itself. */
  readonly via?: URL;
}

/**
 * Connects to a target, or to the operator's proxy for it. Names are resolved once, and only addresses that were judged
 * are connected to: a name that changes its address in between gets nowhere.
 * @param signal breaks the connection, now or later
 * @throws Refusal when the target may not be reached, or can't
 */
export async function dial(target: URL, ways: Outward, signal: AbortSignal): Promise<Dialled> {
  try {
    const via = upstreamFor(target, ways.env);
    const addresses = await judged(target, ways, via !== undefined);
    if (via === undefined) return { socket: await open(target, addresses, ways, signal) };
    const plain = await open(via, await resolved(via, ways), ways, signal);
    if (via.protocol === 'http:') return { socket: plain, via };
    // From here on the time is that of the TLS around it.
    plain.setTimeout(0);
    const socket = tlsConnect({ socket: plain, ...(isIP(bare(via)) ? {} : { servername: via.hostname }) });
    await ready(socket, 'secureConnect', ways);
    return { socket, via };
  } catch (error) {
    throw error instanceof Refusal ? error : unreachable(target, error);
  }
}

/** The target's addresses that may be reached; none where the operator's proxy is to find them. */
async function judged(target: URL, ways: Outward, chained: boolean): Promise<readonly LookupAddress[]> {
  const addresses = await resolved(target, ways).catch((error: unknown) => {
    // Behind a proxy the outside has often no names.
    if (chained) return [];
    throw error;
  });
  const allowed = addresses.filter(({ address }) => ways.refusal(address) === undefined);
  const [first] = addresses;
  if (first === undefined || allowed.length > 0) return allowed;
  const what = first.address === bare(target) ? 'it' : first.address;
  throw new Refusal(
    403,
    `a local machine may not reach ${target.host}: ${what} is ${ways.refusal(first.address)}; use a public address`,
  );
}

const bare = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

async function resolved(target: URL, { connectMs }: Outward): Promise<readonly LookupAddress[]> {
  const late = new AbortController();
  const silence = delay(connectMs, undefined, { ref: false, signal: late.signal }).then(() => {
    throw new Error('its name is not resolved in time');
  });
  silence.catch(() => undefined);
  try {
    return await Promise.race([promises.lookup(bare(target), { all: true }), silence]);
  } finally {
    late.abort();
  }
}

function open(
  target: URL,
  addresses: readonly LookupAddress[],
  ways: Outward,
  signal: AbortSignal,
): Promise<Socket> {
  const [first] = addresses;
  const lookup: LookupFunction = (_name, { all }, callback) =>
    all ? callback(null, [...addresses]) : callback(null, first?.address ?? '', first?.family);
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
  const socket = netConnect({
    ...{ host: bare(target), port, lookup, allowHalfOpen: true, signal },
    // Node gives an address 250 ms before it tries the next, too few for a line by satellite.
    autoSelectFamilyAttemptTimeout: 2_000,
  });
  return ready(socket, 'connect', ways);
}

/** Waits for a connection; nothing that happens to it later goes unheard. */
async function ready<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  { connectMs }: Outward,
): Promise<S> {
  socket.on('error', () => undefined);
  socket.on('timeout', () => socket.destroy(new Error('no answer in time')));
  socket.setTimeout(connectMs);
  await once(socket, event);
  return socket;
}
