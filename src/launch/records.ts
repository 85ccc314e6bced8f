/** A record that is moved: its text, and what `replace` compares. */
export interface Version {
  readonly text: string;
  /** Opaque; another one after each change. */
  readonly etag: string;
  /** How long ago it was written, milliseconds, by the clock of the store itself. */
  readonly ageMs: number;
}

/**
 * Where the records of launches live: the local state folder, or the bucket. Keys are paths with `/`. What a launch did is
 * only ever created, as by S3's PUT with `If-None-Match: *`; what a fleet is about is moved, as by one with `If-Match`.
 */
export interface LaunchRecords {
  /** Creates the record whole or not at all. @returns false when the key exists already (its content stays) */
  create(key: string, text: string): Promise<boolean>;
  /** @returns undefined when there is no such record */
  read(key: string): Promise<string | undefined>;
  /** The keys that begin with `prefix` (which ends in a slash), in any order. */
  list(prefix: string): Promise<string[]>;
  /** A record that is moved; undefined when there is none. Its keys are no other record's. */
  version(key: string): Promise<Version | undefined>;
  /**
   * Moves a record on from the version with this etag; from none, where that is undefined.
   * @returns the etag of the new version; undefined when it is at another one, or may be: read it again to know
   */
  replace(key: string, text: string, etag: string | undefined): Promise<string | undefined>;
  /** How people find the record: a path or a URL, for messages. */
  locate(key: string): string;
}
