import type { LaunchMeta } from '../results/document.ts';
import { keptIn, olderIn, provedIn } from '../results/fleet-document.ts';
import type { Ended, FleetView } from '../results/fleet-state.ts';
import type { LaunchView } from '../results/state.ts';
import type { Paint } from '../terminal/paint.ts';
import { counted, shellWord } from '../text.ts';

/** What the report says of the fleet beside its machines: a line each. */
export function fleetLines(
  view: LaunchView,
  fleet: FleetView,
  { role, environment, context }: LaunchMeta,
  { paint, followUp }: { readonly paint: Paint; readonly followUp?: readonly string[] | undefined },
): string[] {
  const { stopped, strangers } = fleet;
  const kept = keptIn(view, fleet);
  const which = ['--role', role, '--env', environment, '--context', context, ...(followUp ?? [])];
  const clearing = ['rolecall', 'terminate', '--fleet', '--failed', ...which].map(shellWord).join(' ');
  return [
    ...endedLines(fleet.ended),
    ...(stopped === undefined ? [] : [`${paint.bad('✖')} ${stoppedWords(stopped)}`]),
    ...(kept.length === 0 ? [] : [keptLine(kept.length, olderIn(kept, fleet)), `    ${clearing}`]),
    ...(strangers === 0 ? [] : [strangerWords(strangers)]),
  ];
}

/** Why a roll-out was stopped. */
export const stoppedWords = ({ failures, allowed, left }: NonNullable<FleetView['stopped']>): string =>
  `stopped after ${counted(failures, 'failure')} (--max-failures ${allowed}): ${counted(left, 'machine')} not launched`;

/** What became of machines that rolecall did not launch. */
export const strangerWords = (strangers: number): string =>
  `${counted(strangers, 'machine')} under the fleet's tags ${strangers === 1 ? 'was' : 'were'} not launched by rolecall: left alone`;

/** `terminate --fleet --failed` ends the older machines, too. */
function keptLine(kept: number, older: number): string {
  const [are, them] = kept === 1 ? ['is', 'it'] : ['are', 'them'];
  const others = older === 0 ? '' : `, and ${counted(older, 'older machine')} without success that may serve`;
  return `${counted(kept, 'machine')} without success ${are} kept for a look; what ends ${them}${others}:`;
}

const WHY = {
  surplus: 'too many',
  failed: 'without success',
  replaced: 'replaced',
  asked: 'as asked',
} as const;

/** How many machines were ended, and why: a line for each reason. */
export function endedLines(ended: readonly Pick<Ended, 'how' | 'reason'>[]): string[] {
  const counts = new Map<string, number>();
  for (const { how, reason } of ended) {
    const what = `${how === 'stop' ? 'stopped' : 'terminated'}: ${WHY[reason]}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${counted(count, 'machine')} ${what}`);
}

/** `20 of 20 machines proved`: where the fleet stands. */
export const fleetSummary = (view: LaunchView, fleet: FleetView): string =>
  provedWords(provedIn(view, fleet), fleet.target);

/** `20 of 20 machines proved`. */
export const provedWords = (proved: number, target: number): string =>
  `${proved} of ${counted(target, 'machine')} proved`;
