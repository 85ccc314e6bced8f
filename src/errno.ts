import { getSystemErrorMap } from 'node:util';
import { type ExitCode, exitCode, RolecallError, UsageError } from './errors.ts';

/** What to do about a failed system call, by its code (errno(3)). The only table of its kind. */
const NEXT_STEP = {
  EACCES: 'check who may read and write there, or name another path',
  EAGAIN: 'end other processes of this user, or raise the limit: ulimit -u',
  EBUSY: 'wait until nothing else uses it, or name another path',
  EDQUOT: "remove files of this user, or raise the user's disk quota",
  EEXIST: 'move what is there, or name another path',
  EFBIG: 'raise the limit of file sizes: ulimit -f',
  EIO: 'check the disk: its driver reported an error (dmesg)',
  EISDIR: 'name a file, not a folder',
  ELOOP: 'mend the symbolic links of that path, or name another path',
  EMFILE: 'raise the limit of open files and run the command again: ulimit -n 4096',
  ENAMETOOLONG: 'choose shorter names',
  ENFILE: 'the whole machine has too many open files: end other programs',
  ENODEV: 'name a regular file',
  ENOENT: 'check the path',
  ENOMEM: 'end other programs, or run the command on a machine with more memory',
  ENOSPC: 'make room on that disk, or name a path on another one, and run the command again',
  ENOTDIR: 'a part of that path is a file: check the path',
  ENOTEMPTY: 'move what is there, or name another path',
  ENXIO: 'name a regular file, or start what reads from there first',
  EPERM: 'check who may read and write there, or name another path',
  EPIPE: 'keep what reads from there running, or name a regular file',
  EROFS: 'that file system is read-only: name a path on another one',
  ETXTBSY: 'the file is a program that runs now: name another path',
} as const satisfies Readonly<Record<string, string>>;

type Errno = keyof typeof NEXT_STEP;

interface SystemError {
  readonly code: Errno;
  readonly syscall: string;
  readonly path: string | undefined;
}

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

/**
 * The error of a path that can't be used.
 * @param doing what was attempted, such as `written` or `read`
 * @param hint replaces the next step of the table
 */
export function pathError(path: string, doing: string, error: unknown, hint?: string): UsageError {
  const step = hint ?? systemErrorOf(error)?.step ?? 'name another path';
  return new UsageError(`${path} can't be ${doing}: ${reasonOf(error)}`, { hint: step, cause: error });
}

/**
 * The error for people behind a system call that failed for a plain circumstance: a full disk, no right, too few
 * descriptors. Undefined for anything else: that is a defect.
 */
export function circumstance(error: unknown): UsageError | undefined {
  const found = systemErrorOf(error);
  if (found === undefined) return undefined;
  const { syscall, path, step } = found;
  if (syscall === 'uv_cwd')
    return new UsageError('the working folder is gone: somebody removed it', {
      hint: 'go to a folder that exists, and run the command again: cd ~',
      cause: error,
    });
  if (syscall === 'uv_os_homedir' || syscall === 'uv_os_get_passwd')
    return new UsageError(`HOME is not set, and user ${process.geteuid?.()} has no entry in /etc/passwd`, {
      hint: 'set HOME to a folder of this user, and run the command again',
      cause: error,
    });
  const subject = path ?? (syscall.startsWith('spawn') ? 'a program' : 'a file');
  const doing = VERBS[syscall.split(' ')[0] ?? ''] ?? `used (${syscall})`;
  return new UsageError(`${subject} can't be ${doing}: ${reasonOf(error)}`, { hint: step, cause: error });
}

/** System calls in plain verbs. */
const VERBS: Readonly<Record<string, string>> = {
  open: 'opened',
  read: 'read',
  scandir: 'read',
  readlink: 'read',
  write: 'written',
  fsync: 'written',
  ftruncate: 'written',
  copyfile: 'copied',
  mkdir: 'made',
  mkdtemp: 'made',
  link: 'made',
  symlink: 'made',
  rename: 'renamed',
  unlink: 'removed',
  rmdir: 'removed',
  rm: 'removed',
  spawn: 'started',
  stat: 'found',
  lstat: 'found',
  access: 'used',
};

/** `ENOENT`. The errors of `node:os` have it in their `info`: https://nodejs.org/api/errors.html#class-systemerror */
const errnoCodeOf = (error: unknown): unknown => {
  const code = codeOf(error);
  return code === 'ERR_SYSTEM_ERROR' ? codeOf((error as { info?: unknown }).info) : code;
};

function systemErrorOf(error: unknown): (SystemError & { readonly step: string }) | undefined {
  if (typeof error !== 'object' || error === null || !('syscall' in error)) return undefined;
  const { syscall } = error;
  const code = errnoCodeOf(error);
  if (typeof code !== 'string' || typeof syscall !== 'string' || !Object.hasOwn(NEXT_STEP, code))
    return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  return { code: code as Errno, syscall, path, step: NEXT_STEP[code as Errno] };
}

/** The error for people behind `error`; undefined for a defect of rolecall. */
export const expectedError = (error: unknown): RolecallError | undefined =>
  error instanceof RolecallError ? error : circumstance(error);

/** The exit code for `error`: its own; 2 for a plain circumstance such as a full disk; 1 for a defect. */
export const exitCodeOfError = (error: unknown): ExitCode =>
  exitCode(expectedError(error)?.exit ?? 'internal');
