import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** One page in a headless Chromium, spoken to by the DevTools protocol. */
export interface Tab {
  /** Sends a command. @see https://chromedevtools.github.io/devtools-protocol/ */
  readonly send: (method: string, params?: object) => Promise<Answer>;
  /** Opens a page and waits for its load event. */
  readonly open: (url: string) => Promise<void>;
  /** Evaluates an expression in the page; the result must be JSON. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  /** Ends the browser. */
  readonly close: () => Promise<void>;
  /** Calls `listener` with the parameters of each such event. */
  readonly on: (event: string, listener: (params: Answer) => void) => void;
}

type Answer = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Answer;
  readonly result?: Answer;
  readonly error?: { readonly message: string };
}

/** Returns the path of an installed Chromium, or undefined. */
export function chromiumPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/**
 * Runs work in a tab of a headless Chromium of its own, which ends with it.
 * @throws Error where Chromium doesn't start or refuses a command
 */
export async function inChromium<T>(path: string, work: (tab: Tab) => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), 'rolecall-chromium-'));
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run'];
  const child = spawn(path, [...options, `--user-data-dir=${profile}`, '--remote-debugging-pipe'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const [, , , input, output] = child.stdio;
    const tab = await tabOf(input as Writable, output as Readable);
    const result = await work(tab);
    // Its helper processes end before it, and write no more into its folder.
    await tab.close();
    return result;
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

async function tabOf(input: Writable, output: Readable): Promise<Tab> {
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  const events = new Map<string, (params: Answer) => void>();
  let pending = '';
  let sent = 0;
  output.setEncoding('utf8').on('data', (chunk: string) => {
    pending += chunk;
    const texts = pending.split('\0');
    pending = texts.pop() ?? '';
    for (const text of texts) receive(JSON.parse(text));
  });
  const failAll = () => {
    for (const { reject } of waiting.values()) reject(new Error('Chromium ended'));
  };
  output.once('close', failAll);
  input.on('error', failAll);

  function receive({ id, method, params, result, error }: Message): void {
    if (id === undefined) {
      events.get(method ?? '')?.(params ?? {});
      return;
    }
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result ?? {});
    else call?.reject(new Error(error.message));
  }

  const call = (method: string, params: object, sessionId?: unknown) =>
    new Promise<Answer>((resolve, reject) => {
      sent += 1;
      waiting.set(sent, { resolve, reject });
      input.write(`${JSON.stringify({ id: sent, method, params, sessionId })}\0`);
    });

  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const send = (method: string, params: object = {}) => call(method, params, sessionId);
  await send('Page.enable');
  return {
    send,
    close: async () => {
      await call('Browser.close', {});
    },
    on: (event, listener) => events.set(event, listener),
    open: async (url) => {
      const loaded = new Promise<void>((resolve) => events.set('Page.loadEventFired', () => resolve()));
      await send('Page.navigate', { url });
      await loaded;
    },
    evaluate: async (expression) => {
      // Where the page's scripts are off, no promise is ever kept.
      const awaitPromise = expression.includes('new Promise');
      const answer = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise });
      const { result, exceptionDetails } = answer as {
        result: { value?: unknown };
        exceptionDetails?: unknown;
      };
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return result.value;
    },
  };
}
