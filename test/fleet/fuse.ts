/** Dies at the nth step, counted from 0. */
export function fuse(steps: number): () => void {
  let left = steps;
  return () => {
    if (left <= 0) throw new Error('killed');
    left -= 1;
  };
}

/** Runs a process that may die by its fuse. @returns whether it did */
export const killed = async (run: Promise<unknown>): Promise<boolean> => {
  try {
    await run;
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === 'killed') return true;
    throw error;
  }
};
