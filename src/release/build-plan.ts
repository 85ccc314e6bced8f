import type { PathName } from '../model.ts';

/** What a build is to be made of. */
export interface BuildPlan {
  readonly app: PathName;
  /** Absolute path of the repository. */
  readonly repository: string;
  /** Tag, branch or commit. */
  readonly ref: string;
  /** The work tree with its changes in place of the ref. */
  readonly dirty: boolean;
  /** Absent: made of the ref. */
  readonly tag: string | undefined;
  /** Folder that becomes the build. */
  readonly path: string | undefined;
  /** For bash, in a clean export. */
  readonly command: string | undefined;
  readonly compression: 'gzip' | 'zstd';
  /** Paths of files that look like secrets and may be in the build. */
  readonly allowed: readonly string[];
  readonly by: string;
}

/** What building may touch. */
export interface BuildTools {
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Gets what a build command prints. */
  readonly onOutput: (chunk: Buffer) => void;
}
