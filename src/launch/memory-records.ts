import type { LaunchRecords } from './records.ts';

/** Records that end with this process: for machines that end with it, too. */
export function memoryRecords(): LaunchRecords {
  const records = new Map<string, string>();
  return {
    create: async (key, text) => {
      if (records.has(key)) return false;
      records.set(key, text);
      return true;
    },
    read: async (key) => records.get(key),
    list: async (prefix) => [...records.keys()].filter((key) => key.startsWith(prefix)),
    locate: (key) => key,
  };
}
