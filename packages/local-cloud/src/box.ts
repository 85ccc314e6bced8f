import type { RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import type { MetadataFault } from './faults.ts';
import type { TemporaryCredentials } from './signature/keyring.ts';

/** Where the simulated EC2 meets whatever boots its machines: a real sandbox, a simulation, or a script in tests. */

/** What the cloud offers to one machine, beside its metadata. */
export interface BoxServices {
  /** S3, reached at 127.0.0.1 and the port where the cloud has it outside: a URL means the same on both sides. */
  readonly s3?: { readonly port: number; readonly handler: RequestListener };
  /** What its instance profile gives. */
  readonly credentials?: () => TemporaryCredentials;
  /** It reaches the outside, through a proxy of its own. */
  readonly network?: boolean;
}

/** What a box is booted with. */
export interface BoxSpec {
  readonly instanceId: string;
  readonly amiId: string;
  readonly amiLaunchIndex: number;
  readonly instanceType: string;
  readonly region: string;
  readonly zone: string;
  readonly privateIp: string;
  /** Name of the instance profile's role, where there is one. */
  readonly instanceProfile?: string;
  /** Raw user data; absent where the launch gave none. */
  readonly userData?: Buffer;
  readonly httpTokens: 'required' | 'optional';
  readonly tags: Readonly<Record<string, string>>;
  readonly services: BoxServices;
  /** How its metadata service fails, where it does. */
  readonly metadataFault?: MetadataFault;
  /** How long its network card has no link after it was switched on (milliseconds), where it has one late. */
  readonly networkLateMs?: number;
}

/** What a machine with a power button can do. */
export interface Power {
  /** Presses the button: the machine's system shuts down. After `graceMs` the power is cut. Resolves when it is off. */
  shutDown(graceMs: number): Promise<void>;
  /** The same, and starts the machine again; a machine that is still up after `graceMs` is reset. */
  reboot(graceMs: number): Promise<void>;
  /** Resets the machine at once, whatever it is doing. */
  reset(): Promise<void>;
}

/** A machine that is up. */
export interface Box {
  /** The box's init process as the host sees it; undefined where there is none (a scripted box). */
  readonly pid: number | undefined;
  /** Settles when the machine counts as running; absent where it is as soon as it stands. May never settle. */
  readonly running?: Promise<void>;
  /** Settles when the box is gone: it shut itself down, died, or was stopped. Never rejects. */
  readonly ended: Promise<{ readonly reason: 'shutdown' | 'crashed' | 'stopped' }>;
  /** Ends every process of the box and removes its mounts; resolves when they are gone. */
  stop(): Promise<void>;
  /** Absent where the box is only processes. */
  readonly power?: Power;
  /**
   * Lets a client run a command inside by `vm/exec-frames.ts`; absent where commands enter by the namespaces of `pid`.
   * @returns false where as many commands run as can
   */
  exec?(client: Duplex): boolean;
}

/** How many machines fit, and why. */
export interface Capacity {
  readonly machines: number;
  readonly sentence: string;
}

/** What a cloud's machines are made of: Linux sandboxes, virtual machines, or a plan of which nothing runs. */
export type MachineKind = 'sandbox' | 'vm' | 'simulated';

/** Boots boxes. */
export interface BoxDriver {
  /**
   * `complete`: real root in the box; `limited`: an ordinary user's namespaces (see `limits`); `vm`: a virtual machine;
   * `simulated`: nothing runs, a plan says what a boot would tell; `scripted`: a test.
   */
  readonly kind: 'complete' | 'limited' | 'vm' | 'simulated' | 'scripted';
  /** Its machines keep their disks while they are stopped, and can be booted again. */
  readonly keepsDisks?: boolean;
  /** How many machines can be up at once, and a sentence that tells why; absent where nothing limits them. */
  readonly capacity?: Capacity;
  /** One sentence each on what can't work in these boxes; empty when complete. */
  readonly limits: readonly string[];
  /**
   * Boots a machine; one that keeps its disk is booted again from that.
   * @param onConsole called with every chunk that the box writes to its console
   * @throws when the box can't be made
   */
  boot(spec: BoxSpec, onConsole: (chunk: Buffer) => void): Promise<Box>;
  /** A machine was terminated: its disk is removed. */
  forget?(instanceId: string): void;
  /** Nothing will be booted any more, and every box was stopped. */
  close?(): void;
}

/** What an image holds beside the host's own files. */
export interface ImageRequest {
  /** The AMI id that it answers to. */
  readonly id: string;
  /** Absolute path of a folder laid over the root. */
  readonly overlay?: string;
  /** Debian packages installed into the image. */
  readonly packages: readonly string[];
  /** Its machines reach the outside; without it they don't. */
  readonly network?: boolean;
}

/** Makes the images that boxes boot from. */
export interface ImageBuilder {
  /**
   * Builds the image of `request.id`, or finds that it stands already as asked.
   * @returns `root`: where it lies (absent for scripted boxes); `built`: whether anything had to be made
   * @throws with a message for the operator when it can't be built
   */
  build(request: ImageRequest): Promise<{ readonly root?: string; readonly built: boolean }>;
  /** Makes the builds that are under way fail at once, and any later one too. */
  close?(): void;
}
