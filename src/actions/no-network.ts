/** What a failure for want of a network means in a local machine. Pure. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { WatchEvent } from '../watch/events.ts';
import type { Failure } from '../watch/verdict.ts';

/** The way outside that local machines have. */
export type LocalNetwork =
  | {
      readonly kind: 'none';
      /** What gives them one: a setting or an option. */
      readonly setting: string;
    }
  /** An HTTP proxy; names are resolved by the proxy only. */
  | { readonly kind: 'proxy' };

/**
 * The way outside of a catalogue's local machines.
 * @param alone in a module's test, which takes an option in place of the setting
 */
export function networkOf({ localImage, label }: Catalogue, alone = false): LocalNetwork {
  if (localImage?.network) return { kind: 'proxy' };
  return { kind: 'none', setting: alone ? '--network' : `local_image: {network: true} in ${label}` };
}

/** Adds a hint to the verdict of a local machine that failed because it could not resolve names or had no route. */
export function withNetworkHint(event: WatchEvent, network: LocalNetwork | undefined): WatchEvent {
  if (network === undefined || event.type !== 'verdict' || event.verdict.outcome !== 'failed') return event;
  const { failure } = event.verdict;
  if (!lacksNetwork(failure)) return event;
  return { ...event, verdict: { ...event.verdict, failure: { ...failure, hint: hintOf(network) } } };
}

function hintOf(network: LocalNetwork): string {
  switch (network.kind) {
    case 'none':
      return `local machines have no network, so they resolve no names; ${network.setting} gives them one`;
    case 'proxy':
      return 'local machines resolve no names and have no route: they reach the outside through the proxy in http_proxy and https_proxy only';
  }
}

/** Messages of resolvers, and of the kernel where there is no route. */
const MESSAGES: readonly RegExp[] = [
  // curl, git, ssh, wget, ping
  /could(?: not|n't) resolve (?:host|hostname|proxy)\b/i,
  /unable to resolve host address/i,
  // getaddrinfo(3), gai_strerror(3); apt has words of its own
  /temporary failure (?:in name resolution|resolving)/i,
  /name or service not known|no address associated with hostname/i,
  // Node, Java, Go, dig
  /\bEAI_AGAIN\b|\bENOTFOUND\b|\bUnknownHostException\b|\bdial (?:tcp|udp): lookup\b/,
  /no servers could be reached/,
  /network is unreachable|\bENETUNREACH\b/i,
];

/** Programs that look for the machine's own name, which needs no network. */
const OWN_NAME = /^(?:sudo|hostname|hostnamectl): /;

/** `getent hosts NAME` prints nothing and ends with 2 for a name that it can't resolve: getent(1). */
const GETENT = /^getent\s+(?:-\S+\s+)*(?:ahosts(?:v4|v6)?|hosts)\s/;

function lacksNetwork({ command = '', commandStatus, error = '', excerpt }: Failure): boolean {
  if (commandStatus === 2 && GETENT.test(command)) return true;
  return [error, ...excerpt].some(
    (line) => !OWN_NAME.test(line) && MESSAGES.some((message) => message.test(line)),
  );
}
