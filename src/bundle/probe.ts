import { setTimeout } from 'node:timers/promises';

/** How long S3 may take to answer. */
const TIMEOUT_MS = 20_000;
/** Pauses before further tries, where the trouble may pass. */
const PAUSES_MS = [250, 1000, 2000];
const BEGINS = 'Salted__';

/** Why a URL doesn't get a sealed bundle. */
export interface ProbeFailure {
  /** S3's words, or the network's. */
  readonly reason: string;
  /** Another try might have got it. */
  readonly passing: boolean;
}

/**
 * Asks for the first bytes behind a URL as a machine would, without credentials; trouble that passes is waited out.
 * @returns why it isn't a sealed bundle that anybody with the URL gets; undefined where it is
 */
export async function probeUrl(
  url: string,
  signal: AbortSignal,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<ProbeFailure | undefined> {
  for (const pauseMs of pausesMs) {
    const failure = await probeOnce(url, signal);
    if (!failure?.passing || signal.aborted) return failure;
    await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return await probeOnce(url, signal);
}

async function probeOnce(url: string, signal: AbortSignal): Promise<ProbeFailure | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await fetch(url, { headers: { range: `bytes=0-${BEGINS.length - 1}` }, signal: limit });
    const begins = await firstBytes(answer);
    if (answer.ok)
      return begins.startsWith(BEGINS) ? undefined : { reason: 'something else lies there', passing: false };
    const said = /<Code>([^<]{1,100})<\/Code>(?:<Message>([^<]{1,300}))?/.exec(begins);
    const { status } = answer;
    const reason = [String(status), said?.[1], said?.[2]].filter(Boolean).join(' ');
    return { reason, passing: status >= 500 || status === 429 || status === 408 };
  } catch (error) {
    return { reason: reasonOf(error as Error), passing: true };
  }
}

/** A server that knows no ranges sends the whole: nobody reads it to its end. */
async function firstBytes({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return Buffer.from(value ?? []).toString('latin1');
}

/** What fetch says is that it failed; its cause tells why, where several addresses were tried only by its code. */
function reasonOf({ message, cause }: Error): string {
  const { message: reason, code } = (cause ?? {}) as { readonly message?: string; readonly code?: string };
  return reason || code || message;
}
