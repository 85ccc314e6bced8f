import type { BoxSpec } from '../box.ts';
import { METADATA_ADDRESS } from '../metadata/service.ts';
import { PROXY_ADDRESS } from '../outward/proxy.ts';

/** What every process of a box finds in its environment, as `NAME=value`: where S3 is, and what leads to the outside. */
export const boxEnvironment = (
  spec: BoxSpec,
  hostname: string,
  proxyAddress: SocketAddress = PROXY_ADDRESS,
): readonly string[] => [
  ...s3(spec),
  ...(spec.services.network === true ? proxy(spec.privateIp, hostname, proxyAddress) : []),
];

interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** As AWS's own clients read it. */
const s3 = ({ services }: BoxSpec): readonly string[] =>
  services.s3 === undefined ? [] : [`AWS_ENDPOINT_URL_S3=http://127.0.0.1:${services.s3.port}`];

/** In lower case for curl, which reads http_proxy in no other; in upper case for those who read only that. */
function proxy(ip: string, hostname: string, { address, port }: SocketAddress): readonly string[] {
  const url = `http://${address}:${port}`;
  const inside = ['localhost', '127.0.0.1', '::1', METADATA_ADDRESS.address, ip, hostname].join(',');
  const words = [`http_proxy=${url}`, `https_proxy=${url}`, `no_proxy=${inside}`];
  return words.flatMap((word) => [word, word.replace(/^\w+/, (name) => name.toUpperCase())]);
}
