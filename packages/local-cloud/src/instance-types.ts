/** The instance types that the local cloud knows; as EC2, it refuses any other. */

export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  /** Built on the Nitro system: only these answer GetConsoleOutput with `Latest`. */
  readonly nitro: boolean;
  readonly architecture: 'x86_64' | 'arm64';
}

interface Family {
  readonly names: readonly string[];
  readonly nitro: boolean;
  readonly gibPerVcpu: number;
  readonly architecture: 'x86_64' | 'arm64';
}

/** Sizes of the families that grow evenly, and their vCPUs. */
const SIZES = { large: 2, xlarge: 4, '2xlarge': 8, '4xlarge': 16, '8xlarge': 32, '16xlarge': 64 } as const;

/**
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-types.html
 */
const FAMILIES: readonly Family[] = [
  { names: ['m4'], nitro: false, gibPerVcpu: 4, architecture: 'x86_64' },
  {
    names: ['m5', 'm5a', 'm5d', 'm6i', 'm6a', 'm7i', 'm7a'],
    nitro: true,
    gibPerVcpu: 4,
    architecture: 'x86_64',
  },
  { names: ['m6g', 'm7g', 'm8g'], nitro: true, gibPerVcpu: 4, architecture: 'arm64' },
  { names: ['c4'], nitro: false, gibPerVcpu: 1.875, architecture: 'x86_64' },
  {
    names: ['c5', 'c5a', 'c5d', 'c6i', 'c6a', 'c7i', 'c7a'],
    nitro: true,
    gibPerVcpu: 2,
    architecture: 'x86_64',
  },
  { names: ['c6g', 'c7g', 'c8g'], nitro: true, gibPerVcpu: 2, architecture: 'arm64' },
  { names: ['r4'], nitro: false, gibPerVcpu: 7.625, architecture: 'x86_64' },
  {
    names: ['r5', 'r5a', 'r5d', 'r6i', 'r6a', 'r7i', 'r7a'],
    nitro: true,
    gibPerVcpu: 8,
    architecture: 'x86_64',
  },
  { names: ['r6g', 'r7g', 'r8g'], nitro: true, gibPerVcpu: 8, architecture: 'arm64' },
  { names: ['i3'], nitro: false, gibPerVcpu: 7.625, architecture: 'x86_64' },
  { names: ['i3en', 'i4i'], nitro: true, gibPerVcpu: 8, architecture: 'x86_64' },
];

/** Burstable sizes: vCPUs of t2, vCPUs of the newer ones, GiB of both. */
const BURSTABLE = {
  nano: [1, 2, 0.5],
  micro: [1, 2, 1],
  small: [1, 2, 2],
  medium: [2, 2, 4],
  large: [2, 2, 8],
  xlarge: [4, 4, 16],
  '2xlarge': [8, 8, 32],
} as const;

function* evenTypes(): Generator<InstanceType> {
  for (const { names, nitro, gibPerVcpu, architecture } of FAMILIES)
    for (const family of names)
      for (const [size, vcpus] of Object.entries(SIZES))
        yield { name: `${family}.${size}`, vcpus, memoryMib: vcpus * gibPerVcpu * 1024, nitro, architecture };
}

function* burstableTypes(): Generator<InstanceType> {
  for (const family of ['t2', 't3', 't3a', 't4g'])
    for (const [size, [old, recent, gib]] of Object.entries(BURSTABLE))
      yield {
        name: `${family}.${size}`,
        vcpus: family === 't2' ? old : recent,
        memoryMib: gib * 1024,
        nitro: family !== 't2',
        architecture: family === 't4g' ? 'arm64' : 'x86_64',
      };
}

/** By name. */
export const INSTANCE_TYPES: ReadonlyMap<string, InstanceType> = new Map(
  [...burstableTypes(), ...evenTypes()].map((type) => [type.name, type]),
);
