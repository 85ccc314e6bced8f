/** The nouns that every stage speaks: branded ids and the Machine. Types and their guards, nothing else. */

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A value that may form part of a path: an environment, role, context, machine id or launch id. */
export type PathName = Brand<string, 'PathName'>;
/** The id of one Launch; stands in tags, payloads, markers and S3 keys. */
export type LaunchId = PathName & Brand<string, 'LaunchId'>;
/** 128 random bits as 32 lower-case hex digits; the key of the MAC on a launch's markers. Secret. */
export type Nonce = Brand<string, 'Nonce'>;
/** The password of a sealed bundle: 256 random bits as 64 lower-case hex digits. Secret. */
export type BundleKey = Brand<string, 'BundleKey'>;
/** An EC2 instance id, `i-` and hex. */
export type InstanceId = Brand<string, 'InstanceId'>;

/** What a path-forming value must match (the box checks the same expression). */
export const PATH_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What the name of a module matches: it is a folder of the bundle (beside `files`) and a part of a marker's step. */
export const MODULE_NAME = /^(?!files$)[a-z][a-z0-9-]{0,31}$/;

/** What the name of a module's variable matches: a variable of the shell, and none of rolecall's own. */
export const VARIABLE_NAME = /^(?!rolecall_|(?:environment|role|context|machine_id)$)[a-z][a-z0-9_]{0,63}$/;

/** Whether `text` may form part of a path. */
export const isPathName = (text: string): text is PathName => PATH_NAME.test(text);

/** Whether `text` may be a launch id. */
export const isLaunchId = (text: string): text is LaunchId => PATH_NAME.test(text);

/** Whether `text` is a nonce. */
export const isNonce = (text: string): text is Nonce => /^[0-9a-f]{32}$/.test(text);

/** Whether `text` looks like an EC2 instance id. */
export const isInstanceId = (text: string): text is InstanceId => /^i-[0-9a-f]{8,17}$/.test(text);

/**
 * EC2's instance states.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
 */
export type MachineState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** How a machine's boot ended (docs/output.md); its tag `rolecall:verdict` says so once it is known. */
export type Outcome = 'succeeded' | 'failed' | 'silent' | 'lost';

/** One machine as EC2 describes it. */
export interface Machine {
  readonly instanceId: InstanceId;
  readonly state: MachineState;
  /** EC2's StateReason, once it gives one (`Client.UserInitiatedShutdown`). */
  readonly stateReason?: { readonly code: string; readonly message: string };
  readonly zone: string;
  readonly subnetId?: string;
  readonly instanceType: string;
  /** The ClientToken of the call that launched it. */
  readonly clientToken?: string;
  /** The AMI it was launched from. */
  readonly imageId?: string;
  /** Position within its RunInstances call (AmiLaunchIndex), from 0. */
  readonly launchIndex: number;
  readonly privateIp?: string;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * One build of an app, as its manifest `builds/<app>/<tag>.json` tells: a published archive that machines deploy.
 * A build exists if and only if its manifest does, and is never changed.
 */
export interface Build {
  readonly app: PathName;
  readonly tag: PathName;
  /** File name beside the manifest: `<tag>.tar.gz` or `<tag>.tar.zst`. */
  readonly archive: string;
  /** Hex SHA-256 of the archive's bytes. */
  readonly sha256: string;
  /** Bytes of the archive. */
  readonly size: number;
  /** What S3 tells of an archive that was uploaded in parts; absent for one that wasn't. */
  readonly parts?: PartsDigest;
  /** Hex SHA-256 of the tar inside: two builds are the same when their tars are. */
  readonly tarSha256: string;
  /** Bytes of the tar inside. */
  readonly tarSize: number;
  /** The git commit, 40 or 64 hex digits. */
  readonly commit: string;
  /** When the commit was made, epoch milliseconds. */
  readonly committedAt: number;
  /** Made from a work tree with changes that no commit holds. */
  readonly dirty: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Who made it: `user@host`, or the CI run's actor. */
  readonly by: string;
  /** Paths below the archive's `init/` that end in `.sh`, sorted. */
  readonly init: readonly string[];
}

/**
 * The composite checksum of a file in parts.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export interface PartsDigest {
  /** Bytes of each part but the last. */
  readonly partSize: number;
  /** Hex SHA-256 of the parts' SHA-256 digests, one after the other. */
  readonly sha256: string;
}

/** How machines get at a build: by a URL in their payload, by their instance profile, or openly. */
export type BuildAccess = 'presigned' | 'profile' | 'public';

/** A key of a personality; those that begin with `rolecall_` are rolecall's own. */
export const PERSONALITY_KEY = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * What an ordinary value of a personality may be: nothing that a shell, a log or a `key=value` line could misread,
 * no space at either end. The box checks the same expression.
 */
export const PERSONALITY_VALUE = /^(?! )[A-Za-z0-9 ._:,/@%+=~-]{0,1024}(?<! )$/;

/** What the value of rolecall's own policies and tokens may be. */
export const PERSONALITY_BASE64 = /^[A-Za-z0-9+/=]{0,8192}$/;

/** What the value of a key that ends in `_url` may be (RFC 3986 without quotes and `$`). */
export const PERSONALITY_URL = /^[A-Za-z0-9._~:/?#@!&()*+,;=%[\]-]{0,8192}$/;
