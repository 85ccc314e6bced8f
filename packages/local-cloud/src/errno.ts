import { getSystemErrorMap } from 'node:util';

/** The code of a failed system call, such as `ENOENT`; by shape, since Node's errors may come from another realm. */
export const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

const NO_ROOM = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG']);

/** Whether a write failed because its disk takes no more. */
export const isNoRoom = (error: unknown): boolean => NO_ROOM.has(codeOf(error));

/** `no space left on device` rather than `ENOSPC: no space left on device, write`. */
export function reasonOf(error: unknown): string {
  const errno = typeof error === 'object' && error !== null && 'errno' in error ? error.errno : undefined;
  const known = typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined;
  return known ?? (error instanceof Error ? error.message : String(error));
}
