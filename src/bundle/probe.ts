/** How long S3 may take to answer. */
const TIMEOUT_MS = 20_000;
const BEGINS = 'Salted__';

/**
 * Asks for the first bytes behind a URL as a machine would, without credentials.
 * @returns why it isn't a sealed bundle that anybody with the URL gets; undefined where it is
 */
export async function probeUrl(url: string): Promise<string | undefined> {
  try {
    const range = `bytes=0-${BEGINS.length - 1}`;
    const answer = await fetch(url, { headers: { range }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    // A server that knows no ranges sends the whole: nobody reads it to its end.
    const { value } = (await answer.body?.getReader().read()) ?? {};
    const begins = Buffer.from(value ?? []).toString('latin1');
    if (answer.ok) return begins.startsWith(BEGINS) ? undefined : 'something else lies there';
    const said = /<Code>([^<]{1,100})<\/Code>(?:<Message>([^<]{1,300}))?/.exec(begins);
    return [String(answer.status), said?.[1], said?.[2]].filter(Boolean).join(' ');
  } catch (error) {
    const { cause } = error as Error;
    return cause instanceof Error ? cause.message : (error as Error).message;
  }
}
