import type { RequestListener } from 'node:http';
import type { Clock } from '../clock.ts';
import type { MetadataFault } from '../faults.ts';

/** A metadata service that fails as the fault says, counted from the first request that the fault is about. */
export function failing(
  service: RequestListener,
  { userAgent = '', delayMs = 0, failFirst = 0, deadMs = 0 }: MetadataFault,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): RequestListener {
  let count = 0;
  let deadUntil: number | undefined;
  return (request, response) => {
    if (!(request.headers['user-agent'] ?? '').startsWith(userAgent)) return service(request, response);
    deadUntil ??= clock.monotonic() + deadMs;
    if (clock.monotonic() < deadUntil) return void request.socket.destroy();
    count += 1;
    const fails = count <= failFirst;
    const answer = () => {
      if (!fails) return service(request, response);
      request.resume();
      response.writeHead(503, { 'content-type': 'text/plain', server: 'EC2ws' });
      response.end('503 - Service Unavailable\n');
    };
    if (delayMs === 0) return answer();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    void clock.sleep(delayMs, gone.signal).then(() => {
      if (!gone.signal.aborted) answer();
    });
  };
}
