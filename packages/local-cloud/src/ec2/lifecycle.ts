/** The life of a machine: EC2's states and how events move between them. Pure. */

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
export type State = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** The numbers that EC2 gives beside the names. */
export const STATE_CODES: Readonly<Record<State, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** Where a machine is in its life. */
export interface Life {
  readonly state: State;
  /** EC2's StateReason, once there is one. */
  readonly reason?: { readonly code: string; readonly message: string };
  /** When this state began, epoch milliseconds. */
  readonly since: number;
}

/** What can happen to a machine. */
export type LifeEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'shut-down'; readonly behaviour: 'stop' | 'terminate' }
  /** The box is gone although nobody wanted that. `stays`: its disk is still there, so it can be started again. */
  | { readonly kind: 'crashed'; readonly stays?: boolean }
  | { readonly kind: 'terminate' }
  | { readonly kind: 'stop' }
  /** A stopped machine is started again. */
  | { readonly kind: 'start' }
  /** EC2 takes a spot machine back. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'gone' };

const CODES = {
  shutdown: 'Client.InstanceInitiatedShutdown',
  user: 'Client.UserInitiatedShutdown',
  crash: 'Server.InternalError',
  spot: 'Server.SpotInstanceTermination',
} as const;

const TEXTS = {
  shutdown: 'Instance initiated shutdown',
  user: 'User initiated shutdown',
  crash: 'Internal error on launch',
  spot: 'Spot instance termination',
} as const;

const because = (cause: keyof typeof CODES): NonNullable<Life['reason']> => ({
  code: CODES[cause],
  message: `${CODES[cause]}: ${TEXTS[cause]}`,
});

/** A machine that was just accepted. */
export const born = (now: number): Life => ({ state: 'pending', since: now });

/** The life after `event`; the same object where the event means nothing in this state. */
export function advance(life: Life, event: LifeEvent, now: number): Life {
  switch (event.kind) {
    case 'started':
      return life.state === 'pending' ? { state: 'running', since: now } : life;
    case 'shut-down': {
      if (!isUp(life)) return life;
      const state = event.behaviour === 'stop' ? 'stopping' : 'shutting-down';
      return { state, reason: because('shutdown'), since: now };
    }
    case 'crashed':
      return crash(life, event.stays === true ? 'stopping' : 'terminated', now);
    case 'terminate':
      return terminate(life, now);
    case 'stop':
      return isUp(life) ? { state: 'stopping', reason: because('user'), since: now } : life;
    case 'start':
      return start(life, now);
    case 'interrupted':
      return isUp(life) ? { state: 'shutting-down', reason: because('spot'), since: now } : life;
    case 'gone':
      return end(life, now);
  }
}

/** Whether the machine is starting or running. */
export const isUp = (life: Life): boolean => life.state === 'pending' || life.state === 'running';

/** Whether the machine is terminated, or about to be: no launch can count on it any more. */
export const isSpent = (life: Life): boolean => life.state === 'terminated' || life.state === 'shutting-down';

const crash = (life: Life, state: State, now: number): Life =>
  isUp(life) ? { state, reason: because('crash'), since: now } : life;

const start = (life: Life, now: number): Life => (life.state === 'stopped' ? born(now) : life);

function terminate(life: Life, now: number): Life {
  if (isSpent(life)) return life;
  const state = life.state === 'stopped' ? 'terminated' : 'shutting-down';
  return { state, reason: because('user'), since: now };
}

function end(life: Life, now: number): Life {
  if (life.state === 'stopping') return { ...life, state: 'stopped', since: now };
  if (life.state === 'shutting-down') return { ...life, state: 'terminated', since: now };
  return life;
}
