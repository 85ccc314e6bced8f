import type { Offering } from '../launch/offerings.ts';
import type { ReportedEvent } from '../results/events.ts';
import type { FleetOnlyEvent } from '../results/fleet-state.ts';
import { diedLater, type LaunchView, lastLineWords } from '../results/state.ts';
import { counted, duration, elapsed, printable } from '../text.ts';
import type { WatchEvent } from '../watch/events.ts';
import { timeToGo } from './eta.ts';
import { remarkOf, statusOf } from './status.ts';

/**
 * What an event adds to a log: the lines for a stderr that is no terminal, one a change. No colour, no animation.
 * @param before the view before the event, so that repeats say nothing
 */
export function eventLines(before: LaunchView, event: ReportedEvent): string[] {
  switch (event.type) {
    case 'launch-started':
      return [
        `launch ${event.launch}: ${counted(event.requested, 'machine')}${event.resumed ? ', resumed' : ''}`,
      ];
    case 'batch-requested': {
      const left = timeToGo(event.etaMs ?? 0);
      const again = event.repeat ? ' again' : '';
      const eta = left === undefined ? '' : `, ${left}`;
      return [`batch ${event.batch}: asking for ${counted(event.count, 'machine')}${again}${eta}`];
    }
    case 'batch-launched':
      return event.machines.map((machine) => `${machine.instanceId} ${machine.state}`);
    case 'no-capacity': {
      const { batch, missing, offering, next } = event;
      const lacking = `no capacity for ${counted(missing, 'machine')} of type ${offeringText(offering)}`;
      return [`batch ${batch}: ${lacking}, asking for ${offeringText(next)}`];
    }
    case 'batch-refused':
      return [
        `batch ${event.batch}: ${counted(event.missing, 'machine')} not launched: ${printable(event.error.message)}`,
      ];
    case 'machine-died': {
      const { machine, at } = event;
      return machineEventLines(before, { type: 'verdict', at, machine, verdict: diedLater(machine) });
    }
    case 'notice':
      return [printable(event.text)];
    case 'untagged':
      return [
        `the tag rolecall:verdict is not set on ${event.instanceIds.join(', ')}: ${printable(event.reason)}`,
      ];
    case 'fleet-seen':
    case 'wave-started':
    case 'machines-ended':
    case 'breaker-tripped':
      return fleetEventLines(event);
    default:
      return machineEventLines(before, event);
  }
}

function fleetEventLines(event: FleetOnlyEvent): string[] {
  switch (event.type) {
    case 'fleet-seen': {
      const proved = event.members.filter(({ standing }) => standing === 'proved').length;
      return [`the fleet has ${counted(proved, 'proved machine')}, it is to have ${event.target}`];
    }
    case 'wave-started':
      return [
        event.canary
          ? `wave ${event.wave}: one machine as a canary`
          : `wave ${event.wave}: ${counted(event.size, 'machine')} of ${event.left}`,
      ];
    case 'machines-ended':
      return event.members.map(
        ({ machine }) =>
          `${machine.instanceId} ${event.how === 'stop' ? 'stopped' : 'terminated'} (${event.reason})`,
      );
    case 'breaker-tripped':
      return [
        `stopped after ${counted(event.failures, 'failure')}: ${counted(event.left, 'machine')} not launched`,
      ];
  }
}

type MachineEvent = Exclude<WatchEvent, { readonly type: 'notice' | 'untagged' }>;

function machineEventLines(before: LaunchView, event: MachineEvent): string[] {
  switch (event.type) {
    case 'machine': {
      const { instanceId, state } = event.machine;
      return before.machines.get(instanceId)?.machine.state === state ? [] : [`${instanceId} ${state}`];
    }
    case 'step-started':
      return [`${event.instanceId} ${event.step} started`];
    case 'step-ended': {
      const { name, status, ms } = event.step;
      const how = status === 0 ? 'done' : `failed (status ${status})`;
      return [`${event.instanceId} ${name} ${how} in ${duration(ms)}`];
    }
    case 'said':
      return [`${event.instanceId} ${event.step}: ${printable(event.text)}`];
    case 'alive': {
      const { instanceId, step, ms, text } = event;
      return [`${instanceId} ${step}, ${elapsed(ms)}, ${printable(lastLineWords(text))}`];
    }
    case 'gap':
      return [`${event.instanceId} part of its console was overwritten before it was read`];
    case 'verdict': {
      const { machine, verdict } = event;
      const row = { machine, verdict, steps: verdict.steps, seenAt: event.at };
      const remark = printable(remarkOf(row));
      return [`${machine.instanceId} ${statusOf(row, event.at).words}${remark === '' ? '' : `: ${remark}`}`];
    }
  }
}

/** As people name it: `m7i.large in eu-central-1a`, spot machines with that word. */
const offeringText = ({ instanceType, subnet, zone, market }: Offering): string => {
  const place = subnet ?? zone;
  return `${instanceType}${market === 'spot' ? ' spot' : ''}${place === undefined ? '' : ` in ${place}`}`;
};
