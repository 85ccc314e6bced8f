import type { Fleet, Member, Standing } from '../fleet/members.ts';
import type { FleetStatus } from '../results/fleet-state.ts';
import type { Paint } from '../terminal/paint.ts';
import { counted, glued, wrap } from '../text.ts';
import { memberLines, staleLines, standingText } from './members.ts';

const STANDINGS: readonly Standing[] = ['proved', 'unjudged', 'failed', 'stopped', 'ending'];

/** What the first line of a fleet counts, in its order: what `standingText` gives. */
const COUNTED = ['proved', 'unjudged', 'failed', 'silent', 'lost', 'stopped'] as const;

const countOf = ({ members }: Fleet, standing: Standing): number =>
  members.filter((member) => member.standing === standing).length;

const staleIn = ({ members }: Fleet): number =>
  members.filter(({ stale, standing }) => standing === 'proved' && stale.length > 0).length;

/** Fleets and their machines for people; ends with a newline. */
export function fleetsText(
  fleets: readonly FleetStatus[],
  now: number,
  columns: number | undefined,
  paint: Paint,
): string {
  if (fleets.length === 0) return 'no machine of such a fleet is there\n';
  const blocks = fleets.map((status) => fleetBlock(status, now, columns, paint).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

function fleetBlock(
  { name, fleet, wanted, target, busy }: FleetStatus,
  now: number,
  columns: number | undefined,
  paint: Paint,
): string[] {
  const shown = fleet.members.filter(({ standing }) => standing !== 'ending');
  const counts = COUNTED.map((text) => [text, shown.filter((member) => standingText(member) === text).length])
    .filter(([, count]) => count !== 0)
    .map(([text, count]) => `${count} ${text}`);
  const stale = staleIn(fleet);
  const parts = [
    ...(counts.length === 0 ? ['no machine'] : counts),
    ...(stale === 0 ? [] : [`${stale} stale`]),
    ...(target === null ? [] : [`target ${target}`]),
  ];
  const head = `${paint.strong(`${name.role} ${name.environment}/${name.context}`)}: ${glued(parts.join(', '))}`;
  const notes = [
    ...staleLines(fleet.members),
    ...(wanted === undefined ? ['the catalogue has no such role any more'] : []),
    ...(busy === undefined ? [] : [busy]),
    ...(fleet.strangers.length === 0
      ? []
      : [
          `${counted(fleet.strangers.length, 'machine')} under its tags not launched by rolecall: ${fleet.strangers.map(({ instanceId }) => instanceId).join(', ')}`,
        ]),
  ];
  return [
    ...broken(head, columns, 2),
    ...memberLines(shown, now, columns).map((line) => `  ${line}`),
    ...notes.flatMap((note) => broken(`  ${note}`, columns, 4)),
  ];
}

/** Whole lines where there is no window. */
const broken = (line: string, columns = Number.POSITIVE_INFINITY, hang = 0): string[] =>
  wrap(line, columns, hang);

/** A machine of a fleet as data. */
export const memberDocument = ({ machine, standing, verdict, stale }: Member) => ({
  instance_id: machine.instanceId,
  state: machine.state,
  standing,
  verdict: verdict ?? null,
  stale,
  launch: machine.tags['rolecall:launch'] ?? null,
  build: machine.tags['rolecall:build'] ?? null,
  settings: machine.tags['rolecall:settings'] ?? null,
  ami: machine.imageId ?? null,
  zone: machine.zone,
  instance_type: machine.instanceType,
  launched_at: new Date(machine.launchedAt).toISOString(),
});

/** `status --output json`. */
export const fleetsDocument = (fleets: readonly FleetStatus[]) => ({
  fleets: fleets.map(({ name, fleet, wanted, target, busy }) => ({
    catalogue: name.catalogue,
    role: name.role,
    environment: name.environment,
    context: name.context,
    counts: {
      ...Object.fromEntries(STANDINGS.map((standing) => [standing, countOf(fleet, standing)])),
      stale: staleIn(fleet),
    },
    wanted:
      wanted === undefined
        ? null
        : {
            ami: wanted.ami,
            settings: wanted.settings,
            build: wanted.build ?? null,
            bundle: wanted.bundle ?? null,
          },
    target,
    busy: busy ?? null,
    machines: fleet.members.map(memberDocument),
    strangers: fleet.strangers.map(({ instanceId }) => instanceId),
  })),
});
