import type { UsageError } from '../errors.ts';
import type { Build, PathName } from '../model.ts';

/** A build on this machine: an archive, and its manifest beside it. */
export interface BuiltFile {
  readonly build: Build;
  /** Absolute. */
  readonly path: string;
  readonly manifestPath: string;
  readonly files: number;
  /** What people should know, a sentence each. */
  readonly notes: readonly string[];
}

/** The build that an environment deploys. */
export interface CurrentBuild {
  readonly build: Build;
  /** Epoch milliseconds; undefined where the pointer was written by hand. */
  readonly movedAt: number | undefined;
  readonly by: string | undefined;
}

/** What a move came to. */
export interface Moved {
  readonly build: Build;
  readonly from: PathName | null;
  /** False where the pointer named that build already: nothing was written. */
  readonly changed: boolean;
}

/** An object that is there and can't be read as what it should be. */
export interface Damaged {
  /** The tag of a manifest, the environment of a pointer. */
  readonly name: string;
  readonly fault: UsageError;
}
