import type { Duplex } from 'node:stream';
import type { BoxDriver, BoxSpec, Capacity } from '../../packages/local-cloud/src/box.ts';

/** What the script of a box can do. */
export interface BoxConsole {
  /** Writes to the machine's console, as it stands. */
  write(text: string | Buffer): void;
  /** The box shuts itself down (what the catalogue's shutdown_behavior is about), or dies. */
  end(reason: 'shutdown' | 'crashed'): void;
  /** Aborts when the box is gone. */
  readonly signal: AbortSignal;
}

/** What one box does once it is up. It stays up when the script returns, until it is ended. */
export type BoxScript = (spec: BoxSpec, console: BoxConsole) => void | Promise<void>;

/** Boxes with a power button and a disk. */
export interface ScriptedPower {
  readonly capacity?: Capacity;
  /** The button was pressed, or the machine is to be reset. A box that is to shut down ends by itself unless this returns true. */
  readonly onPower?: (what: 'shut down' | 'reboot' | 'reset', instanceId: string) => boolean | undefined;
  readonly onForget?: (instanceId: string) => void;
  /** Takes a client that runs a command. */
  readonly exec?: (client: Duplex) => boolean;
}

/** A driver whose boxes are functions, for tests that are about everything but the boxes. */
export function scriptedDriver(script: BoxScript, power?: ScriptedPower): BoxDriver {
  return {
    kind: 'scripted',
    limits: ['nothing runs in these boxes: a test writes their consoles'],
    ...(power !== undefined && {
      keepsDisks: true,
      forget: (id: string) => power.onForget?.(id),
      ...(power.capacity !== undefined && { capacity: power.capacity }),
    }),
    boot: async (spec, onConsole) => {
      const gone = new AbortController();
      let settle: (end: { reason: 'shutdown' | 'crashed' | 'stopped' }) => void = () => undefined;
      const ended = new Promise<{ reason: 'shutdown' | 'crashed' | 'stopped' }>((resolve) => {
        settle = resolve;
      });
      const end = (reason: 'shutdown' | 'crashed' | 'stopped') => {
        gone.abort();
        settle({ reason });
      };
      const write = (text: string | Buffer) => {
        if (!gone.signal.aborted) onConsole(Buffer.from(text));
      };
      // The driver answers before the script's first line: as a box, it is up before it has written anything.
      setImmediate(() => {
        Promise.resolve()
          .then(() => script(spec, { write, end, signal: gone.signal }))
          .catch(() => end('crashed'));
      });
      return {
        pid: undefined,
        ended,
        stop: async () => end('stopped'),
        ...(power?.exec !== undefined && { exec: power.exec }),
        ...(power !== undefined && {
          power: {
            shutDown: async () => {
              if (power.onPower?.('shut down', spec.instanceId) !== true) end('shutdown');
            },
            reboot: async () => void power.onPower?.('reboot', spec.instanceId),
            reset: async () => void power.onPower?.('reset', spec.instanceId),
          },
        }),
      };
    },
  };
}
