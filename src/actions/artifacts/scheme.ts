import type { Bucket } from '../../aws/ports.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import type { Role } from '../../catalogue/role.ts';
import type { Wanted } from '../../fleet/members.ts';
import type { RecordedBuild } from '../../launch/book.ts';
import type { LaunchPlan } from '../../launch/plan.ts';
import type { LaunchId } from '../../model.ts';
import type { Plan } from '../../results/plan.ts';
import type { Payload, PayloadInput } from '../../schemes/payload.ts';
import type { Script } from '../../scripts/script.ts';
import type { Runtime } from '../runtime.ts';
import type { Session } from '../session.ts';
import type { BuildChoice } from './build.ts';
import type { CheckedModules, PackingWords } from './role-bundle.ts';

/** A way in which machines boot into a role: what is prepared for them, and the user data that they get. */
export interface Scheme {
  /** What of a role enters the hash of its settings, beside what every scheme uses. */
  readonly settings: (role: Role) => Readonly<Record<string, unknown>>;
  /** The text of a payload without what is secret in it. */
  readonly redact: (text: string) => string;
  /** The modules of a role, checked. */
  readonly check: (role: Role, catalogue: Catalogue, cwd: string) => Promise<CheckedModules>;
  /** The longest payload that a launch may make. @throws UsageError for one that is too large */
  readonly longest: (input: PayloadInput) => Payload;
  /**
   * Checks what a launch uses of this computer. S3 is asked nothing.
   * @param words that choose what may be packed
   */
  readonly source: (
    role: Role,
    catalogue: Catalogue,
    words: PackingWords,
    runtime: Runtime,
  ) => Promise<ArtifactSource>;
  /** The tags that tell what a machine gets which is launched now. */
  readonly wanted: (
    role: Role,
    catalogue: Catalogue,
    session: Session,
  ) => Promise<Pick<Wanted, 'build' | 'bundle'>>;
}

/** What the artifacts of a launch are made from. */
export interface ArtifactSource {
  readonly scheme: Scheme;
  /** What making them takes of the cloud, where they are made for a look. */
  readonly asks: 'requests' | 'signatures' | 'nothing';
  /** The secret values that machines get; absent where nothing tells which ones these are. */
  readonly secrets?: readonly string[];
  /** The scripts that machines would run, as far as they are on this computer. */
  readonly scripts: (look: Look) => Promise<Script[]>;
  readonly make: (making: Making) => Promise<SchemeArtifacts>;
}

/** Where a plan looks for scripts. */
export interface Look {
  readonly role: Role;
  readonly catalogue: Catalogue;
  /** A local folder that stands for the build. */
  readonly buildDir?: string | undefined;
}

/** For whom artifacts are made, and with what. */
export interface Making {
  readonly role: Role;
  readonly launch: LaunchId;
  readonly choice: BuildChoice;
  /** launch: to be used; preview: nothing is published; signed: the same, and S3 is asked nothing. */
  readonly purpose: 'launch' | 'preview' | 'signed';
  /** The catalogue's. @throws UsageError where it names none */
  readonly bucket: () => Bucket;
  /** What an earlier run of the same launch deploys. */
  readonly recorded: () => Promise<RecordedBuild | undefined>;
  readonly runtime: Runtime;
}

/** What all machines of a launch get. */
export interface SchemeArtifacts {
  /** What tags and records tell of it. */
  readonly content: Pick<LaunchPlan, 'build' | 'bundle'>;
  /** What people should know of it before machines get it. */
  readonly notices: readonly string[];
  /** The same input gives the same bytes. @throws UsageError for one that is too large */
  readonly payload: (input: PayloadInput) => Payload;
  /** The same for a batch that is sent now, epoch milliseconds: what is about to end is signed again. */
  readonly renewed?: (bucket: Bucket, now: number) => Promise<SchemeArtifacts>;
  /** @param payload redacted */
  readonly planned: (look: Look, payload: string) => Pick<Plan, 'boot' | 'build' | 'bundle' | 'init'>;
}
