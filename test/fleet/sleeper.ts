import type { World } from './world.ts';

/** A process that sleeps before its nth step, and wakes when it is told to. */
function sleeper(at: number) {
  let left = at;
  let wake = () => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let fall = () => {};
  const asleep = new Promise<void>((resolve) => {
    fall = resolve;
  });
  return {
    wake,
    asleep,
    step: async () => {
      left -= 1;
      if (left !== -1) return;
      fall();
      await woken;
    },
  };
}

export const proved = (count: number): string[] => Array.from({ length: count }, () => 'succeeded');

/** One run sleeps at a step of its own, another of the same fleet takes over and is through, and the first wakes. */
export async function sleepsAt(
  step: number,
  world: World,
  second: () => Promise<unknown>,
): Promise<'over' | unknown> {
  const nap = sleeper(step);
  const first = world.scale('sleeps', 5, { pause: nap.step }).then(
    () => 'through',
    (error: unknown) => error,
  );
  const over = await Promise.race([first.then(() => true), nap.asleep.then(() => false)]);
  if (over) return 'over';
  world.clock.pass(61_000);
  world.alive.clear();
  await second();
  nap.wake();
  return await first;
}
