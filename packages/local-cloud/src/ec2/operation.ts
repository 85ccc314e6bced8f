import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import type { Images } from '../images.ts';
import type { Settings } from '../settings.ts';
import type { Addresses } from './addresses.ts';
import type { Xml } from './answer.ts';
import type { Buckets } from './buckets.ts';
import type { Machines } from './machines.ts';
import type { Params } from './params.ts';
import type { ResourceTags } from './resource-tags.ts';
import type { Tokens } from './tokens.ts';

/** Everything that the operations of one cloud share. */
export interface World {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly faults: Faults;
  readonly images: Images;
  readonly machines: Machines;
  readonly tokens: Tokens;
  readonly addresses: Addresses;
  readonly buckets: Buckets;
  /** Tags of everything that is not an instance. */
  readonly resourceTags: ResourceTags;
}

/** One request. */
export interface Call {
  readonly params: Params;
  /** From the credential scope of the request. */
  readonly region: string;
  readonly world: World;
}

/** An operation of EC2's. */
export interface Operation {
  /** The top-level parameters that it takes; any other is refused as `UnknownParameter`. */
  readonly params: readonly string[];
  /** @throws Ec2Error */
  readonly run: (call: Call) => { readonly [name: string]: Xml };
}
