/** Variables that name the operator's own proxy, each also in upper case. */
export const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'] as const;

type Environment = Readonly<Record<string, string | undefined>>;
type Variable = (typeof PROXY_VARIABLES)[number];

const read = (env: Environment, name: Variable): string => env[name] || env[name.toUpperCase()] || '';

/**
 * The proxy that the operator's environment names for a target; undefined where it is reached directly. As curl reads it:
 * a proxy without a scheme is an HTTP one, and a name in NO_PROXY is that host and all below it.
 * @param target its scheme tells which variable counts
 * @throws Error when the variable holds something else than a URL of HTTP
 */
export function upstreamFor(target: URL, env: Environment): URL | undefined {
  const proxy =
    read(env, target.protocol === 'https:' ? 'https_proxy' : 'http_proxy') || read(env, 'all_proxy');
  if (proxy === '' || isExcepted(target, read(env, 'no_proxy'))) return undefined;
  const url = proxy.includes('://') ? proxy : `http://${proxy}`;
  // Not told as it stands: it may hold a password.
  if (!URL.canParse(url) || !/^https?:/i.test(url))
    throw new Error("the proxy in this machine's environment is no http:// or https:// URL");
  return new URL(url);
}

function isExcepted({ hostname, port, protocol }: URL, exceptions: string): boolean {
  const name = `.${hostname.replace(/^\[|\]$/g, '')}`;
  const number = port || (protocol === 'https:' ? '443' : '80');
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .some((exception) => {
      if (exception === '*') return true;
      // A colon before a port; an IPv6 address has more than one, or brackets.
      const [, host = exception, only = number] = /^([^:]+|\[.*\]):(\d+)$/.exec(exception) ?? [];
      const domain = host.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
      return domain !== '' && only === number && name.endsWith(`.${domain}`);
    });
}
