import { UsageError } from '../errors.ts';

/** How many machines a wave has. */
export type Wave = { readonly percent: number } | { readonly machines: number };

/** `10%` of all that are to come, or a number of machines. @throws UsageError */
export function parseWave(text: string): Wave {
  const [, percent, machines] = /^(?:(\d{1,3})%|(\d{1,6}))$/.exec(text.trim()) ?? [];
  if (percent !== undefined && Number(percent) >= 1 && Number(percent) <= 100)
    return { percent: Number(percent) };
  if (machines !== undefined && Number(machines) >= 1) return { machines: Number(machines) };
  throw new UsageError(`--wave ${JSON.stringify(text)} is no size of a wave`, {
    hint: '--wave takes a part such as 10% (1% to 100%), or a number of machines such as 5',
  });
}

/** Where a roll-out stands. */
export interface Rollout {
  /** Machines that are to come in all. */
  readonly total: number;
  /** Machines that are still to come, those that take the place of failed ones included. */
  readonly left: number;
  /** Whether one machine has proved that others can follow. */
  readonly canary: 'wanted' | 'done';
}

/** How many machines the next wave has: one as a canary, then waves. */
export function waveSize(wave: Wave, { total, left, canary }: Rollout): number {
  if (canary === 'wanted') return Math.min(1, left);
  const size = 'percent' in wave ? Math.ceil((total * wave.percent) / 100) : wave.machines;
  return Math.min(Math.max(1, size), left);
}

/** The sizes of all waves, where no machine fails. */
export function waveSizes(rules: { readonly wave: Wave; readonly canary: boolean }, total: number): number[] {
  const sizes: number[] = [];
  let canary: Rollout['canary'] = rules.canary ? 'wanted' : 'done';
  for (let left = total; left > 0; ) {
    const size = waveSize(rules.wave, { total, left, canary });
    sizes.push(size);
    left -= size;
    canary = 'done';
  }
  return sizes;
}
