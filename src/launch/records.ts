/**
 * Where the records of launches live: the local state folder, later the bucket. Keys are paths with `/`.
 * The only write is a conditional create, as S3's PUT with `If-None-Match: *`.
 */
export interface LaunchRecords {
  /** Creates the record whole or not at all. @returns false when the key exists already (its content stays) */
  create(key: string, text: string): Promise<boolean>;
  /** @returns undefined when there is no such record */
  read(key: string): Promise<string | undefined>;
  /** The keys that begin with `prefix` (which ends in a slash), in any order. */
  list(prefix: string): Promise<string[]>;
  /** How people find the record: a path or a URL, for messages. */
  locate(key: string): string;
}
