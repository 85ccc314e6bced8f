import type { Clock } from '../../io/clock.ts';
import { Agenda } from '../agenda.ts';
import type { Box, BoxDriver, BoxSpec } from '../box.ts';
import { chanceHex } from '../chance.ts';
import type { Faults } from '../faults.ts';
import { hostnameOf } from '../metadata/tree.ts';
import { boots, type Left } from './boot.ts';
import { outcomeOf } from './outcome.ts';
import { DEFAULT_PENDING_MS } from './plan.ts';
import { bootOf } from './user-data.ts';
import { Voice } from './voice.ts';

type Reason = Awaited<Box['ended']>['reason'];

/** The driver of boxes in which nothing runs: their consoles tell what a box of that payload would tell. */
export function simulatedDriver(clock: Clock, faults: Faults): BoxDriver {
  const agenda = new Agenda(clock);
  let count = 0;
  return {
    kind: 'simulated',
    limits: ['Nothing runs in simulated boxes: they tell what a boot would tell, by a plan.'],
    boot: async (spec, onConsole) => {
      const ordinal = count;
      count += 1;
      return start(spec, ordinal, { clock, agenda, faults }, onConsole);
    },
    close: () => agenda.close(),
  };
}

interface Around {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly faults: Faults;
}

function start(
  spec: BoxSpec,
  ordinal: number,
  { clock, agenda, faults: { boxes: plan = {}, seed } }: Around,
  onConsole: (chunk: Buffer) => void,
): Box {
  const outcome = outcomeOf(plan, seed, { launchIndex: spec.amiLaunchIndex, ordinal });
  const { end, ended, isOver } = ending();
  const { promise: running, resolve: run } = later();
  const now = () => clock.now();
  const write = (text: string) => onConsole(Buffer.from(text));
  const begin = () => {
    if (isOver()) return;
    if (outcome.kind === 'dies-pending') return end('crashed');
    run();
    const boot = boots({
      boot: bootOf(spec.userData),
      end: outcome,
      plan,
      seed,
      ordinal,
      hostname: hostnameOf(spec.privateIp),
      voice: new Voice(write, now, chanceHex(seed, 'run', ordinal, 8)),
      now,
      beacon: () => undefined,
    });
    follow(boot, agenda, isOver, () => end('crashed'));
  };
  if (outcome.kind !== 'never-running') agenda.after(plan.pendingMs ?? DEFAULT_PENDING_MS, begin);
  return { pid: undefined, running, ended, stop: async () => end('stopped') };
}

/** Lets a boot go on until it is over, or its box is. */
function follow(
  boot: Generator<number, Left, undefined>,
  agenda: Agenda,
  isOver: () => boolean,
  die: () => void,
): void {
  if (isOver()) return;
  const { done, value } = boot.next();
  if (done !== true) agenda.after(value, () => follow(boot, agenda, isOver, die));
  else if (value === 'dead') die();
}

function ending(): {
  readonly end: (reason: Reason) => void;
  readonly ended: Box['ended'];
  readonly isOver: () => boolean;
} {
  let over = false;
  let settle: (end: { readonly reason: Reason }) => void = () => undefined;
  const ended: Box['ended'] = new Promise((resolve) => {
    settle = resolve;
  });
  const end = (reason: Reason) => {
    over = true;
    settle({ reason });
  };
  return { end, ended, isOver: () => over };
}

function later(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
