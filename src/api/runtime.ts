import type { Runtime } from '../actions/runtime.ts';
import { acceleratedClock, ChangeableClock, systemClock, untilAborted } from '../clock.ts';

/** What a program gives: as `OpenOptions` of the public API say. */
interface Given {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: {
    readonly aborted: boolean;
    addEventListener(type: 'abort', listener: () => void): void;
  };
  readonly onNotice?: (line: string) => void;
}

/** The world as a program's use cases see it: nobody answers questions, and nothing is printed. */
export function runtimeOf({ cwd, env, signal, onNotice }: Given): Runtime {
  const clock = new ChangeableClock(systemClock);
  const stop = new AbortController();
  if (signal?.aborted) stop.abort();
  signal?.addEventListener('abort', () => stop.abort());
  return {
    clock,
    goBy: (pace) => clock.goBy(acceleratedClock(pace)),
    env: env ?? process.env,
    get cwd() {
      return cwd ?? process.cwd();
    },
    signal: stop.signal,
    user: {
      present: false,
      tell: (line) => onNotice?.(line),
      pass: () => undefined,
      waiting: ({ doing, left = 'nothing was launched', toTheEnd }, work) =>
        toTheEnd ? work : untilAborted(work, stop.signal, `stopped while ${doing}: ${left}`),
    },
  };
}
