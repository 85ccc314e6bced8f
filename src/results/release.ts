import type { Build, PathName } from '../model.ts';
import type { Move } from '../release/pointer.ts';
import type { Damaged, Moved } from '../release/results.ts';

export type { BuiltFile, CurrentBuild } from '../release/results.ts';

/** The builds of an app, and which environments deploy them. */
export interface BuildList {
  readonly app: PathName;
  readonly builds: readonly Build[];
  readonly damaged: readonly Damaged[];
  /** Tags by environment. */
  readonly pointers: ReadonlyMap<PathName, PathName>;
  readonly damagedPointers: readonly Damaged[];
}

/** A move, and whose pointer it was. */
export interface PointerMove {
  readonly environment: PathName;
  readonly moved: Moved;
}

/** The moves of an environment's pointer, newest first. */
export interface PointerHistory {
  readonly app: PathName;
  readonly environment: PathName;
  readonly tag: string | null;
  readonly moves: readonly Move[];
}

/** What was published. */
export interface PublishedRelease {
  readonly build: Build;
  readonly outcome: 'created' | 'present' | 'repaired';
  readonly notes: readonly string[];
  /** Of the archive: `s3://bucket/key`. */
  readonly url: string;
  readonly environment: PathName | undefined;
  readonly promoted: Moved | undefined;
}
