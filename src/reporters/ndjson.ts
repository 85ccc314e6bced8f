import type { Offering } from '../launch/offerings.ts';
import { type LaunchDocument, machineDocument } from '../results/document.ts';
import type { ReportedEvent } from '../results/events.ts';
import type { FleetOnlyEvent } from '../results/fleet-state.ts';
import { diedLater } from '../results/state.ts';
import type { WatchEvent } from '../watch/events.ts';
import { jsonLine } from './json.ts';

/** One line of `--output ndjson`; its fields are documented in docs/output.md. */
type EventObject = { readonly event: string; readonly at: string } & Readonly<Record<string, unknown>>;

/** The line of one event, newline included. */
export const ndjsonEvent = (event: ReportedEvent): string => jsonLine(eventObject(event));

/** The last line: the launch's document as an event. */
export const ndjsonResult = (document: LaunchDocument): string => jsonLine({ event: 'result', ...document });

/** A stage's event as its public object: snake_case, times as ISO 8601. */
function eventObject(event: ReportedEvent): EventObject {
  const at = new Date(event.at).toISOString();
  switch (event.type) {
    case 'launch-started': {
      const { launch, requested, resumed } = event;
      return { event: 'launch_started', at, launch, requested, resumed };
    }
    case 'batch-requested': {
      const { batch, count, repeat, etaMs } = event;
      const eta = etaMs === undefined ? {} : { eta_ms: etaMs };
      return { event: 'batch_requested', at, batch, count, repeat, ...eta };
    }
    case 'batch-launched': {
      const ids = event.machines.map((machine) => machine.instanceId);
      return { event: 'batch_launched', at, batch: event.batch, instance_ids: ids };
    }
    case 'no-capacity': {
      const { batch, missing, offering, next: other } = event;
      return { event: 'no_capacity', at, batch, missing, offering: offer(offering), next: offer(other) };
    }
    case 'batch-refused': {
      const { batch, missing, error } = event;
      const { code = null, message, hint = null } = error;
      return { event: 'batch_refused', at, batch, missing, error: { code, message, hint } };
    }
    case 'machine-died': {
      const { machine } = event;
      const row = { machine, verdict: diedLater(machine), steps: [], seenAt: event.at };
      return { event: 'verdict', at, ...machineDocument(row) };
    }
    case 'fleet-seen':
    case 'wave-started':
    case 'machines-ended':
    case 'breaker-tripped':
      return fleetObject(event, at);
    default:
      return watchObject(event, at);
  }
}

function fleetObject(event: FleetOnlyEvent, at: string): EventObject {
  switch (event.type) {
    case 'fleet-seen': {
      const { members, target, strangers } = event;
      const machines = members.map(({ machine, standing, stale }) => ({
        instance_id: machine.instanceId,
        standing,
        stale: stale.length > 0,
      }));
      return { event: 'fleet_seen', at, target, machines, strangers };
    }
    case 'wave-started': {
      const { wave, size, left, canary } = event;
      return { event: 'wave_started', at, wave, size, left, canary };
    }
    case 'machines-ended': {
      const { how, reason, members } = event;
      const ids = members.map(({ machine }) => machine.instanceId);
      return { event: 'machines_ended', at, how, reason, instance_ids: ids };
    }
    case 'breaker-tripped': {
      const { failures, allowed, left } = event;
      return { event: 'breaker_tripped', at, failures, allowed, left };
    }
  }
}

const offer = ({ instanceType, zone, subnet, market }: Offering) => ({
  instance_type: instanceType,
  zone: zone ?? null,
  subnet: subnet ?? null,
  market,
});

function watchObject(event: WatchEvent, at: string): EventObject {
  switch (event.type) {
    case 'machine': {
      const { instanceId, state, stateReason, zone, instanceType, launchedAt, privateIp } = event.machine;
      return {
        event: 'machine',
        at,
        instance_id: instanceId,
        state,
        zone,
        instance_type: instanceType,
        launched_at: new Date(launchedAt).toISOString(),
        ...(privateIp !== undefined && { private_ip: privateIp }),
        ...(stateReason && { state_reason: { code: stateReason.code, message: stateReason.message } }),
      };
    }
    case 'step-started':
      return { event: 'step_started', at, instance_id: event.instanceId, step: event.step };
    case 'step-ended': {
      const { name, status, ms } = event.step;
      return { event: 'step_ended', at, instance_id: event.instanceId, step: name, status, ms };
    }
    case 'said':
      return { event: 'said', at, instance_id: event.instanceId, step: event.step, text: event.text };
    case 'alive': {
      const { instanceId, step, ms, text } = event;
      return { event: 'alive', at, instance_id: instanceId, step, ms, text };
    }
    case 'gap':
      return { event: 'gap', at, instance_id: event.instanceId };
    case 'verdict': {
      const { machine, verdict } = event;
      const row = { machine, verdict, steps: verdict.steps, seenAt: event.at };
      return { event: 'verdict', at, ...machineDocument(row) };
    }
    case 'untagged':
      return { event: 'untagged', at, instance_ids: event.instanceIds, reason: event.reason };
    case 'notice':
      return { event: 'notice', at, text: event.text };
  }
}
