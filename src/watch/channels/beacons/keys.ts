/** The keys of what machines send to the bucket (docs/markers.md), below the bucket's prefix; pure. */
import { type InstanceId, isInstanceId, isLaunchId, type LaunchId } from '../../../model.ts';
import { findMarkers, MARKER_BEGINS, type Marker, macOf, sameMac, type Trust } from '../../markers.ts';

/** Where the verdict beacons of a launch lie; of one machine, with its id. */
export const verdictsPrefix = (launch: LaunchId, instanceId?: InstanceId): string =>
  `beacons/${launch}/v/${instanceId === undefined ? '' : `${instanceId}/`}`;

/** Where the boot logs of a machine lie. */
export const logsPrefix = (launch: LaunchId, instanceId: InstanceId): string =>
  `logs/${launch}/${instanceId}/`;

/** What the key of a verdict beacon holds: a machine's id and the verdict marker, MAC and all. */
export interface VerdictKey {
  readonly instanceId: InstanceId;
  /** Whether it is true is another question: `isTrue`. */
  readonly marker: Marker;
}

const VERDICT =
  /^([^/]+)\/(ok|failed)\.(.+)\.(\d+)\.([^./]+)\.(\d+)\.(0|[1-9]\d{0,13})\.(\d+)\.([0-9a-f]{16})$/;

/** Reads the key of a verdict beacon of this launch. @returns undefined where the key has another shape */
export function readVerdictKey(key: string, launch: LaunchId): VerdictKey | undefined {
  const prefix = verdictsPrefix(launch);
  if (!key.startsWith(prefix)) return undefined;
  const [, id = '', word, step, status, run, seq, epochMs = '', ms, mac] =
    VERDICT.exec(key.slice(prefix.length)) ?? [];
  if (!isInstanceId(id)) return undefined;
  const signed = `${launch} ${run} ${seq} ${secondsOf(epochMs)} verdict ${word} ${step} ${status} ${ms}`;
  const whole = `${MARKER_BEGINS}${signed} ${mac}>>`;
  const [marker, ...others] = findMarkers(whole);
  return marker?.signed === signed && others.length === 0 ? { instanceId: id, marker } : undefined;
}

/** Milliseconds as a marker's EPOCH: seconds with three decimals. */
const secondsOf = (ms: string): string => {
  const padded = ms.padStart(4, '0');
  return `${padded.slice(0, -3)}.${padded.slice(-3)}`;
};

/** What the key of a boot log holds. */
export interface LogKey {
  readonly key: string;
  readonly run: string;
  /** SHA-256 of the log's bytes, 64 hex digits. */
  readonly sha256: string;
  readonly mac: string;
}

const LOG = /^([0-9a-f]{8})\.([0-9a-f]{64})\.([0-9a-f]{16})$/;

/** Reads the key of one of this machine's boot logs. @returns undefined where the key has another shape */
export function readLogKey(key: string, launch: LaunchId, instanceId: InstanceId): LogKey | undefined {
  const prefix = logsPrefix(launch, instanceId);
  if (!key.startsWith(prefix)) return undefined;
  const [, run, sha256 = '', mac = ''] = LOG.exec(key.slice(prefix.length)) ?? [];
  return run === undefined ? undefined : { key, run, sha256, mac };
}

/** The launch below which a boot log of this machine lies; undefined for the key of anything else. */
export function launchOfLogKey(key: string, instanceId: InstanceId): LaunchId | undefined {
  const launch = key.split('/')[1] ?? '';
  return isLaunchId(launch) && readLogKey(key, launch, instanceId) !== undefined ? launch : undefined;
}

/** Whether the machine itself has named this log. The content's hash has to be compared besides. */
export function isTrueLog({ run, sha256, mac }: LogKey, { launch, instanceId, nonce }: Trust): boolean {
  if (nonce === undefined) return false;
  return sameMac(mac, macOf(nonce, instanceId, `log ${launch} ${run} ${sha256}`));
}
