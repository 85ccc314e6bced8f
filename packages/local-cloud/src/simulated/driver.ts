import { Agenda } from '../agenda.ts';
import type { Box, BoxDriver, BoxSpec } from '../box.ts';
import { chanceHex } from '../chance.ts';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import { hostnameOf } from '../metadata/tree.ts';
import { isStruck } from '../struck.ts';
import { logParcel, verdictParcel } from './beacon.ts';
import { type BootParts, boots, type Left } from './boot.ts';
import { Courier } from './courier.ts';
import { outcomeOf } from './outcome.ts';
import { DEFAULT_PENDING_MS } from './plan.ts';
import { type Boot, bootOf } from './user-data.ts';
import { Voice } from './voice.ts';

type Reason = Awaited<Box['ended']>['reason'];

/** The driver of boxes in which nothing runs: their consoles tell what a box of that payload would tell. */
export function simulatedDriver(clock: Clock, faults: Faults): BoxDriver {
  const agenda = new Agenda(clock);
  const courier = new Courier(agenda);
  let count = 0;
  return {
    kind: 'simulated',
    limits: ['Nothing runs in simulated boxes: they tell what a boot would tell, by a plan.'],
    boot: async (spec, onConsole) => {
      const ordinal = count;
      count += 1;
      return start(spec, ordinal, { clock, agenda, courier, faults }, onConsole);
    },
    close: () => {
      courier.close();
      agenda.close();
    },
  };
}

interface Around {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly courier: Courier;
  readonly faults: Faults;
}

function start(spec: BoxSpec, ordinal: number, around: Around, onConsole: (chunk: Buffer) => void): Box {
  const { clock, agenda, faults } = around;
  const { boxes: plan = {}, seed } = faults;
  const outcome = outcomeOf(plan, seed, { launchIndex: spec.amiLaunchIndex, ordinal });
  const { end, ended, isOver } = ending();
  const { promise: running, resolve: run } = later();
  const now = () => clock.now();
  const begin = () => {
    if (isOver()) return;
    if (outcome.kind === 'dies-pending') return end('crashed');
    run();
    const boot = bootOf(spec.userData);
    const machine = { instanceId: spec.instanceId, run: chanceHex(seed, 'run', ordinal, 8) };
    const voice = new Voice((text) => onConsole(Buffer.from(text)), now, machine);
    const beacon = sender(spec, ordinal, boot, voice, around);
    const hostname = hostnameOf(spec.privateIp);
    const parts = { boot, end: outcome, plan, seed, ordinal, hostname, voice, now, beacon };
    follow(boots(parts), agenda, isOver, () => end('crashed'));
  };
  if (outcome.kind !== 'never-running') agenda.after(plan.pendingMs ?? DEFAULT_PENDING_MS, begin);
  return { pid: undefined, running, ended, stop: async () => end('stopped') };
}

/** Sends what a box tells beside its console, where its payload says how. */
function sender(
  spec: BoxSpec,
  ordinal: number,
  boot: Boot,
  voice: Voice,
  { courier, faults: { boxes = {}, seed } }: Around,
): BootParts['beacon'] {
  const nothing = () => undefined;
  if (boot.scheme === 'none' || boot.scheme === 'foreign') return nothing;
  const { forms, identity } = boot;
  if (forms === undefined || identity === undefined || !isOwnS3(forms.url, spec)) return nothing;
  const target = { launchIndex: spec.amiLaunchIndex, ordinal };
  if (isStruck(boxes.lostBeacons, seed, 'lost beacon', target)) return nothing;
  return (name, log) => {
    const told = verdictParcel(forms, identity, spec.instanceId, name, voice.told);
    const logName = log === undefined ? undefined : voice.logName(log);
    courier.send(told, () => {
      if (log === undefined || logName === undefined) return;
      courier.send(logParcel(forms, identity, spec.instanceId, logName, log));
    });
  };
}

/** A box reaches the S3 of its cloud, and nothing else. */
function isOwnS3(text: string, { services }: BoxSpec): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, port } = new URL(text);
  return protocol === 'http:' && hostname === '127.0.0.1' && port === String(services.s3?.port);
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
