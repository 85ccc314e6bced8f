import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * What a local machine may not reach, by kind. Private networks are among it because on AWS such an address is one of the
 * VPC's: here it would be some other machine of the operator's.
 */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'a loopback address': ['0.0.0.0/8', '127.0.0.0/8', '::/96'],
  'a link-local address': ['169.254.0.0/16', 'fe80::/10'],
  'an address of a private network': [
    ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'],
  ],
  'no address of a machine': ['224.0.0.0/4', '240.0.0.0/4', 'ff00::/8', '100::/64'],
  // RFC 6890: protocol assignments, and tests of routers. The ranges for documentation are nobody's network: sandboxes and test
  // networks give these addresses to the mirrors and gateways that machines are meant to reach.
  'an address that is set aside': ['192.0.0.0/24', '198.18.0.0/15'],
  // A relay or a translator of the host's network makes an IPv4 address of it, a private one too: a network's own NAT64
  // prefix, SIIT, Teredo, 6to4. RFC 8215, 2765, 4380, 3056
  'an address of a tunnel': ['64:ff9b:1::/48', '::ffff:0:0:0/96', '2001::/32', '2002::/16'],
};

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

const kinds = Object.entries(REFUSED).map(([kind, ranges]) => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), familyOf(network));
  }
  return { kind, list };
});

/** Why a local machine may not reach an address (`it is ...`); undefined where it may. */
export function refusal(address: string): string | undefined {
  const [zoneless = ''] = address.split('%');
  const plain = behindNat64(zoneless) ?? zoneless;
  const found = kinds.find(({ list }) => list.check(plain, familyOf(plain)));
  return found?.kind ?? (isOwn(plain) ? 'an address of this machine' : undefined);
}

/**
 * The IPv4 address that a NAT64 gateway makes of one under its well-known prefix; undefined for any other. Where a network has
 * IPv6 only, each name has such an address.
 * @see https://www.rfc-editor.org/rfc/rfc6052
 */
function behindNat64(address: string): string | undefined {
  if (!isIPv6(address)) return undefined;
  const { hostname } = new URL(`http://[${address}]`);
  const found = /^\[64:ff9b::(?:([\da-f]+):)?([\da-f]*)\]$/.exec(hostname);
  if (found === null) return undefined;
  const [high, low] = [found[1] ?? '0', found[2] || '0'].map((part) => Number.parseInt(part, 16));
  return [high, low].flatMap((half = 0) => [half >> 8, half & 255]).join('.');
}

/** Asked each time: a laptop changes its networks. */
function isOwn(address: string): boolean {
  const own = new BlockList();
  for (const at of Object.values(networkInterfaces()).flatMap((found) => found ?? []))
    own.addAddress(at.address.split('%')[0] ?? '', familyOf(at.address));
  return own.check(address, familyOf(address));
}
