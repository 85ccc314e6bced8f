/** A clock that is as far as its sleeps were long: patience ends at once. */
export function hurriedClock() {
  let slept = 0;
  return {
    now: () => Date.now() + slept,
    monotonic: () => performance.now() + slept,
    sleep: async (ms: number) => {
      slept += ms;
    },
  };
}
