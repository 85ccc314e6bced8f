import type { Readable } from 'node:stream';
import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import type { InstanceId, LaunchId, Machine } from '../model.ts';

/** What a machine's console held when it was asked for. */
export interface ConsoleSnapshot {
  /** Decoded bytes, at most 64 KB, lossily read as UTF-8. Empty where EC2 has nothing yet. */
  readonly text: string;
  /** When EC2 took it, epoch milliseconds; absent where EC2 gives none. */
  readonly takenAt?: number;
}

/** The health checks of EC2 on one machine: impaired tells a machine that will never boot. */
export interface StatusChecks {
  readonly instanceId: InstanceId;
  readonly impaired: boolean;
}

/**
 * The EC2 operations that rolecall uses, and nothing more of the SDK.
 * Every method throws `AwsError` with the AWS code, classified by `aws/classify.ts`.
 */
export interface Ec2 {
  /** @returns the machines of this call; EC2 answers a repeated ClientToken with the same ones. */
  runInstances(request: RunInstancesCommandInput): Promise<Machine[]>;
  /**
   * How long until EC2 will have taken requests for so many more machines, milliseconds: by its documented token buckets,
   * and by what this process has asked for and was refused so far. 0 where they can be asked for at once.
   */
  launchEtaMs(machines: number): number;
  /** All machines that carry the tag `rolecall:launch` with this id, terminated ones too while EC2 knows them. */
  machinesOfLaunch(launch: LaunchId): Promise<Machine[]>;
  /** The machines that a RunInstances call with this ClientToken made. */
  machinesOfToken(clientToken: string): Promise<Machine[]>;
  /**
   * All machines that carry all of these tags, at least one; terminated ones too while EC2 knows them.
   * @throws TypeError without a tag, or with an empty value: that would be every machine
   */
  machinesWithTags(tags: Readonly<Record<string, string>>): Promise<Machine[]>;
  machine(id: InstanceId): Promise<Machine | undefined>;
  statusChecks(ids: readonly InstanceId[]): Promise<StatusChecks[]>;
  /**
   * `latest` asks at any time but only Nitro types answer (undefined: this type can't); `posted` is the buffer that
   * EC2 posts some minutes after a start or stop.
   */
  consoleOutput(id: InstanceId, mode: 'latest' | 'posted'): Promise<ConsoleSnapshot | undefined>;
  /** The user data that the machine was launched with, decoded; undefined where it has none. */
  userData(id: InstanceId): Promise<string | undefined>;
  /**
   * Ends machines for good; those that EC2 doesn't know any more are left out.
   * @param age young: they were launched this moment, and EC2 may not know them everywhere yet: that is waited out
   * @returns the machines that EC2's answer names
   */
  terminate(ids: readonly InstanceId[], age?: 'young'): Promise<readonly InstanceId[]>;
  /** Stops machines; those that EC2 doesn't know any more are left out. @returns the machines that EC2's answer names */
  stop(ids: readonly InstanceId[]): Promise<readonly InstanceId[]>;
  /** Sets tags on machines (and is idempotent). */
  tag(ids: readonly InstanceId[], tags: Readonly<Record<string, string>>): Promise<void>;
}

/** A small text object, whole. */
export interface StoredText {
  readonly text: string;
  /** S3's ETag with its quotes: what `replaceText` compares. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  /** What time it was for S3 when it answered, epoch milliseconds: its clock and ours may differ. */
  readonly readAt: number;
}

/** What S3 knows of an object without its bytes. */
export interface ObjectFacts {
  /** Below the bucket's prefix. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** An object as HEAD tells it. */
export interface ObjectHead extends ObjectFacts {
  readonly etag: string;
  /**
   * The SHA-256 that S3 itself verified when the object was written, base64; of a multipart upload that of its parts'
   * digests, and `-N` for N parts. Undefined where it was written without one.
   */
  readonly sha256: string | undefined;
}

/** A file on this machine that is to become an object. */
export interface UploadFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex SHA-256 that the bytes must have: a file that changed meanwhile is refused before S3 shows it. */
  readonly sha256: string;
}

/** A URL that holds a signature. */
export interface PresignedUrl {
  readonly url: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** How long it is good for, in seconds. */
  readonly seconds: number;
  /** It ends sooner than was asked for, with the credentials that signed it. */
  readonly shortened: boolean;
  /** It may end sooner: these credentials are temporary, and don't tell until when. */
  readonly uncertain: boolean;
}

/** Which objects a form may put. */
export interface FormRequest {
  /** Their keys begin with it. */
  readonly keyPrefix: string;
  /** The largest object, bytes. */
  readonly maxBytes: number;
}

/**
 * What forms need to put objects below their prefixes without credentials (`multipart/form-data`, fields `key`,
 * `X-Amz-...`, `Policy`, `file`). Secret but for `url`.
 */
export interface PresignedForms<Name extends string> {
  readonly url: string;
  /** `X-Amz-Credential`. */
  readonly credential: string;
  /** `X-Amz-Date`. */
  readonly date: string;
  /** `X-Amz-Security-Token`, where the credentials are temporary. */
  readonly token?: string;
  /** `Policy`, base64, and `X-Amz-Signature`, hex, of each form. */
  readonly forms: Readonly<Record<Name, { readonly policy: string; readonly signature: string }>>;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** How long they are good for, in seconds. */
  readonly seconds: number;
}

/** What an upload may be given. */
export interface UploadOptions {
  readonly contentType?: string;
  /** The ETag of the object that this one replaces (`If-Match`); without it the key must be free (`If-None-Match`). */
  readonly replaces?: string;
  /** Told of the bytes that S3 has so far. */
  readonly onProgress?: (bytes: number) => void;
  /** Ends it at once; what S3 has by then stays for the next time. */
  readonly signal?: AbortSignal;
}

/**
 * The S3 operations that rolecall uses, on one bucket; keys are relative to its prefix.
 * Every method throws `AwsError` with the AWS code, classified by `aws/classify.ts`.
 */
export interface Bucket {
  readonly name: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  readonly region: string;
  /** The S3 endpoint, where it isn't AWS's own (the local cloud, another vendor); without a slash at its end. */
  readonly endpoint: string | undefined;
  /** How people name an object: `s3://bucket/prefix/key`. */
  locate(key: string): string;
  /** @returns undefined where there is no such object. @throws RolecallError for one of more than 4 MiB */
  readText(key: string): Promise<StoredText | undefined>;
  /** Creates an object whole (`If-None-Match: *`). @returns false when the key exists already, with other bytes or after all */
  createText(key: string, text: string): Promise<boolean>;
  /** Replaces an object if it still has this ETag (`If-Match`). @returns its new one; undefined when it doesn't, or is gone */
  replaceText(key: string, text: string, etag: string): Promise<string | undefined>;
  head(key: string): Promise<ObjectHead | undefined>;
  /** The object's bytes. @returns undefined where there is none */
  read(key: string): Promise<Readable | undefined>;
  /** All objects whose keys begin with `prefix`, in S3's order (bytes of UTF-8). */
  list(prefix: string): Promise<ObjectFacts[]>;
  /** The names directly below `prefix` (which ends in a slash) that have something below them, without slash. */
  folders(prefix: string): Promise<string[]>;
  /**
   * Creates an object from a file, streamed; over 64 MB in parts, and what an interrupted upload of the same bytes left in
   * S3 is not sent again. The object appears whole or not at all, and only if the key is free, or has the object that
   * `replaces` names.
   * @returns false when the key exists already, or has another object than the one to replace
   * @throws UsageError when the file's bytes are not those of `sha256`
   */
  upload(key: string, file: UploadFile, options?: UploadOptions): Promise<boolean>;
  /** A URL that gets the object without credentials for so long (at most 604,800 s). */
  presignGet(key: string, expiresSeconds: number): Promise<PresignedUrl>;
  /**
   * Forms that put objects, signed with the same credentials at the same time; S3 is asked nothing.
   * @param expiresSeconds at most 604,800; less where the credentials end sooner
   */
  presignForms<Name extends string>(
    requests: Readonly<Record<Name, FormRequest>>,
    expiresSeconds: number,
  ): Promise<PresignedForms<Name>>;
  /** The object's URL without a signature, for one that everybody may read. */
  plainUrl(key: string): string;
}

/** Where the AWS clients connect: absent parts come from the SDK's standard chain. */
export interface AwsTarget {
  readonly region: string;
  readonly profile?: string;
  /** Set for the local cloud only. */
  readonly endpoint?: string;
  readonly credentials?: FixedCredentials;
}

/** Keys that are given rather than looked for. */
export interface FixedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary ones. */
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
