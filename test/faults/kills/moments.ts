import { exitCode } from '../../../src/errors.ts';
import type { Running } from '../../support/cli.ts';
import { type Ended, endOf, type Place } from '../place.ts';
import { documentOf, manners } from '../scenarios/claims.ts';
import type { Scenario } from '../scenarios/scenario.ts';

/** Disturbs a scenario after so many stages of its requests, runs it again, and tells what is wrong then. */
export type Killed = (scenario: Scenario, place: Place, after: number) => Promise<readonly string[]>;

/** Starts a scenario's command and sends a signal once its requests have come so far. */
async function startAndSignal(
  scenario: Scenario,
  place: Place,
  after: number,
  signal: NodeJS.Signals,
): Promise<{ readonly running: Running; readonly sent: Promise<boolean> }> {
  await scenario.prepare(place);
  place.proxy.arm();
  const running = place.start(scenario.argv(place));
  const sent = new Promise<boolean>((resolve) => {
    let stages = 0;
    place.proxy.watcher = () => {
      if (stages === after) resolve(running.child.kill(signal));
      stages += 1;
    };
    // A run may take fewer requests than the one that was counted.
    running.child.once('exit', () => resolve(false));
  });
  return { running, sent };
}

/** SIGKILL, then the same command. */
export const killed: Killed = async (scenario, place, after) => {
  const { running } = await startAndSignal(scenario, place, after, 'SIGKILL');
  await endOf(running);
  return await runAgain(scenario, place);
};

/** Ctrl-C once, then the same command. */
export const interrupted: Killed = async (scenario, place, after) => {
  const { running } = await startAndSignal(scenario, place, after, 'SIGINT');
  const end = await endOf(running);
  // Between its last word and its end node has no handler any more: the signal ends it.
  const ended = { ...end, code: end.code ?? documentOf(end)?.exit_code ?? exitCode('interrupted') };
  const wrong = await settled(() => scenario.judge(place, ended));
  return [...wrong.map((text) => `interrupted: ${text}`), ...(await runAgain(scenario, place))];
};

/** SIGSTOP; the same command runs beside it to its end; SIGCONT. Then the same command. */
export const paused: Killed = async (scenario, place, after) => {
  const { running, sent } = await startAndSignal(scenario, place, after, 'SIGSTOP');
  await sent;
  place.proxy.watcher = undefined;
  const beside = await place.run(scenario.argv(place));
  running.child.kill('SIGCONT');
  const ended = await endOf(running);
  const wrong = [...manners(beside), ...manners(ended)];
  return [...wrong.map((text) => `side by side: ${text}`), ...(await runAgain(scenario, place))];
};

async function runAgain(scenario: Scenario, place: Place): Promise<readonly string[]> {
  place.proxy.arm();
  const again = await place.run(scenario.argv(place));
  const wrong = await settled(async () => [
    ...(await scenario.judge(place, again)),
    ...(await scenario.judgeEnd(place, again)),
  ]);
  return wrong.length === 0 ? [] : [...wrong, said(again)];
}

const said = ({ code, stderr }: Ended): string =>
  `exit ${code}: ${stderr.trim().split('\n').slice(-4).join(' | ').slice(-700)}`;

/** What stays wrong: EC2 shows new machines and ended ones a little late. */
async function settled(judge: () => Promise<readonly string[]>): Promise<readonly string[]> {
  for (let turn = 0; ; turn += 1) {
    const wrong = await judge();
    if (wrong.length === 0 || turn === 10) return wrong;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
