import { printable, table } from '../../text.ts';
import type { BootPlan, PlanRow } from '../boot-plan.ts';
import type { InitLookup } from './init-script.ts';

/**
 * What a plan tells of a personality: which init script runs.
 * @param build tag of the build that the machines deploy
 * @param payload redacted
 */
export function personalityPlan(
  role: string,
  init: InitLookup,
  build: string | undefined,
  payload: string,
): BootPlan {
  const winner = winnerText(role, init, build);
  return {
    rows: [],
    brief: [['init', winner]],
    payload,
    start: {
      title: 'init script',
      aside: '(the box runs the first that exists)',
      lines: [...table(candidateRows(init)).map((text) => ({ text })), { text: winner, hang: 2 }],
    },
  };
}

/** The candidates in the order in which the box looks at them. */
const candidateRows = ({ candidates, winner }: InitLookup): PlanRow[] =>
  candidates.map((candidate, index) => [
    `${index + 1}. ${candidate === winner ? 'this one' : STATE[candidate.state]}`,
    `${printable(candidate.path)}${candidate.where === 'build' ? ' (build)' : ''}`,
  ]);

const STATE = { found: 'there', absent: 'not there', unknown: 'perhaps there' } as const;

/** Which script runs, and how sure that is. */
function winnerText(
  role: string,
  { winner, certain, candidates }: InitLookup,
  build: string | undefined,
): string {
  const unknown = candidates.find(({ state }) => state === 'unknown');
  if (winner === undefined)
    return unknown === undefined
      ? 'no init script: the boot would fail at init'
      : 'one of the AMI, which is not known here';
  const whose = winner.where === 'build' ? `the build${build === undefined ? '' : ` ${build}`}` : 'the AMI';
  const unless = certain ? '' : `, unless the AMI has ${printable(unknown?.path ?? '')}`;
  return `runs ${printable(winner.path)} of ${whose}${unless}; it gets role=${role}`;
}
