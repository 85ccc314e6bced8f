/** The box's lookup of its init script, as templates/bootstrapper.sh does it: pure, so that a plan can tell who wins. */

/** Whether a candidate is there; what an AMI holds nobody can tell from here. */
export type Presence = 'found' | 'absent' | 'unknown';

/** One place that the box looks at. */
export interface Candidate {
  /** On the machine: below the build's folder (`init/...`), or the AMI's own (`/etc/rolecall/init/...`). */
  readonly path: string;
  readonly where: 'build' | 'ami';
  readonly state: Presence;
}

/** The places in the order in which the box looks at them, and what comes of it. */
export interface InitLookup {
  readonly candidates: readonly Candidate[];
  /** The first that is known to be there; undefined where none is. */
  readonly winner: Candidate | undefined;
  /** Whether nothing unknown could come before it. */
  readonly certain: boolean;
}

/** What is known of the scripts below an `init` folder: `b/prod/bootstrapper.sh`. */
export type Knowledge = (script: string) => Presence;

/** Where the AMI keeps its own scripts. */
const AMI_FOLDER = '/etc/rolecall/init';

/**
 * Candidate by candidate, the most specific first, each in the build before the AMI.
 * @param build absent for a role that deploys none
 */
export function lookUp(
  role: { readonly environment: string; readonly context: string; readonly machineId: string | undefined },
  ami: Knowledge,
  build?: Knowledge,
): InitLookup {
  const { environment, context, machineId } = role;
  const scripts = [
    `${context}/${environment}/${machineId ?? 'INSTANCE_ID'}.sh`,
    `${context}/${environment}/bootstrapper.sh`,
    `${context}/bootstrapper.sh`,
  ];
  const candidates = scripts.flatMap((script, index): Candidate[] => {
    // Nobody can have written a script for an instance that doesn't exist yet.
    const nobody = index === 0 && machineId === undefined;
    const state = (knows: Knowledge): Presence => (nobody ? 'absent' : knows(script));
    return [
      ...(build === undefined
        ? []
        : [{ path: `init/${script}`, where: 'build', state: state(build) } as const]),
      { path: `${AMI_FOLDER}/${script}`, where: 'ami', state: state(ami) },
    ];
  });
  const at = candidates.findIndex(({ state }) => state === 'found');
  const before = at < 0 ? candidates : candidates.slice(0, at);
  return { candidates, winner: candidates[at], certain: before.every(({ state }) => state === 'absent') };
}
