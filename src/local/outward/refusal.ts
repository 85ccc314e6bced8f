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
  'no address of a machine': ['224.0.0.0/4', '240.0.0.0/4', 'ff00::/8'],
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
  const [plain = ''] = address.split('%');
  const found = kinds.find(({ list }) => list.check(plain, familyOf(plain)));
  return found?.kind ?? (isOwn(plain) ? 'an address of this machine' : undefined);
}

/** Asked each time: a laptop changes its networks. */
function isOwn(address: string): boolean {
  const own = new BlockList();
  for (const at of Object.values(networkInterfaces()).flatMap((found) => found ?? []))
    own.addAddress(at.address.split('%')[0] ?? '', familyOf(at.address));
  return own.check(address, familyOf(address));
}
