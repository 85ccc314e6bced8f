import { type Clock, systemClock } from '../clock.ts';
import type { LaunchRecords } from './records.ts';

/** Records that end with this process: for machines that end with it, too. */
export function memoryRecords(clock: Pick<Clock, 'monotonic'> = systemClock): LaunchRecords {
  const records = new Map<string, string>();
  const moved = new Map<string, { readonly text: string; readonly at: number; readonly number: number }>();
  return {
    create: async (key, text) => {
      if (records.has(key)) return false;
      records.set(key, text);
      return true;
    },
    read: async (key) => records.get(key),
    list: async (prefix) => [...records.keys()].filter((key) => key.startsWith(prefix)),
    version: async (key) => {
      const found = moved.get(key);
      return found && { text: found.text, etag: String(found.number), ageMs: clock.monotonic() - found.at };
    },
    replace: async (key, text, etag) => {
      const number = moved.get(key)?.number;
      if ((number === undefined ? undefined : String(number)) !== etag) return undefined;
      const next = (number ?? 0) + 1;
      moved.set(key, { text, at: clock.monotonic(), number: next });
      return String(next);
    },
    locate: (key) => key,
  };
}
