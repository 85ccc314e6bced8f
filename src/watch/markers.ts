/** The marker grammar (docs/markers.md): finding markers in console text, and telling true ones from others. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { InstanceId, LaunchId, Nonce } from '../model.ts';
import { withoutEscapes } from '../text.ts';

/** What a marker says. `ms` is the step's duration, in a verdict the time since the run began. */
export type MarkerEvent =
  /** `version`: the version of rolecall that the box's script came from. */
  | { readonly type: 'begin'; readonly scheme: string; readonly version: string }
  | { readonly type: 'start'; readonly step: string }
  /** The step still runs. */
  | { readonly type: 'alive'; readonly step: string }
  /** The machine is shutting down while the step runs: no verdict. */
  | { readonly type: 'interrupted'; readonly step: string }
  | { readonly type: 'end'; readonly step: string; readonly status: number; readonly ms: number }
  | {
      readonly type: 'verdict';
      readonly ok: boolean;
      readonly step: string;
      readonly status: number;
      readonly ms: number;
    };

/** One marker, well formed; whether it is true is another question. */
export interface Marker {
  /** The launch it speaks of; `-` before the box has read its user data. */
  readonly launch: string;
  /** One run of the bootstrapper. */
  readonly run: string;
  readonly seq: number;
  /** Seconds by the box's clock. */
  readonly epoch: number;
  readonly event: MarkerEvent;
  readonly mac: string;
  /** What the MAC covers. */
  readonly signed: string;
}

/** Whose markers are believed: one machine's of one launch. Without a nonce none can be. */
export interface Trust {
  readonly launch: LaunchId;
  readonly instanceId: InstanceId;
  readonly nonce: Nonce | undefined;
}

/** What every marker begins with. */
export const MARKER_BEGINS = '<<rc2 ';

const LAUNCH = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';
const RUN = '[0-9a-f]{8}';
const STEP = '[A-Za-z0-9_.:-]{1,48}';
const ENDING = `(?<step>${STEP}) (?<status>\\d{1,3}) (?<ms>\\d{1,12})`;
const EVENT =
  '(?:begin (?<scheme>[a-z][a-z0-9_-]{0,31}) (?<version>[A-Za-z0-9][A-Za-z0-9._-]{0,31})' +
  `|(?<moment>start|alive|interrupted) (?<at>${STEP})` +
  `|(?<word>end|verdict ok|verdict failed) ${ENDING})`;
const SIGNED =
  `(?<launch>-|${LAUNCH}) (?<run>${RUN}) (?<seq>[1-9]\\d{0,8}) ` +
  `(?<epoch>\\d{1,11}(?:\\.\\d{1,6})?) ${EVENT}`;
const WHOLE = `${MARKER_BEGINS}(?<signed>${SIGNED}) (?<mac>-|[0-9a-f]{16})>>`;
const MARKER = new RegExp(`^${WHOLE}`);
const EVERY_MARKER = new RegExp(WHOLE, 'g');

/** What stands in a line where a marker begins. */
export type Found =
  /** Well formed. */
  | { readonly type: 'marker'; readonly marker: Marker }
  /** Not well formed; `run` where its launch and RUN are whole, and it ends before its `>>`. */
  | { readonly type: 'torn'; readonly launch?: string; readonly run?: string }
  /** A marker of another version of the contract. */
  | { readonly type: 'foreign'; readonly version: string; readonly launch: string };

/** Where a marker of any version begins: a line falls into pieces before each. */
const BEGINNING = /(?=<<rc\d{1,3} )/;
const TORN = new RegExp(`^${MARKER_BEGINS}(?<launch>${LAUNCH}) (?<run>${RUN})(?: (?!.*>>)|$)`);
const FOREIGN = new RegExp(
  `^<<(?<version>rc\\d{1,3}) (?<launch>-|${LAUNCH}) ${RUN} \\d{1,9} [\\d.]{1,20} [a-z]`,
);

/** @returns what stands wherever a marker begins in a line, in order */
export function findPieces(line: string): Found[] {
  // An escape sequence may stand between the first two characters.
  if (!line.includes('<')) return [];
  return withoutEscapes(line)
    .split(BEGINNING)
    .flatMap((piece) => {
      const found = readPiece(piece);
      return found === undefined ? [] : [found];
    });
}

function readPiece(piece: string): Found | undefined {
  if (piece.startsWith(MARKER_BEGINS)) {
    const groups = MARKER.exec(piece)?.groups;
    const marker = groups && read(groups);
    if (marker !== undefined) return { type: 'marker', marker };
    const { launch, run } = TORN.exec(piece)?.groups ?? {};
    return launch === undefined || run === undefined ? { type: 'torn' } : { type: 'torn', launch, run };
  }
  const { version, launch = '-' } = FOREIGN.exec(piece)?.groups ?? {};
  return version === undefined ? undefined : { type: 'foreign', version, launch };
}

/** @returns every well-formed marker of a line, wherever it stands in it, in order */
export const findMarkers = (line: string): Marker[] =>
  findPieces(line).flatMap((found) => (found.type === 'marker' ? [found.marker] : []));

/** @returns what stands around a line's markers; the line must be free of escape sequences */
export const withoutMarkers = (line: string): string => line.replace(EVERY_MARKER, ' ');

/** Whether the marker's launch is this one, and its MAC that of this machine of the launch. */
export function isTrue(marker: Marker, trust: Trust): boolean {
  if (trust.nonce === undefined || marker.launch !== trust.launch || marker.mac === '-') return false;
  return sameMac(marker.mac, macOf(trust.nonce, trust.instanceId, marker.signed));
}

/** Printed before user data was read: legal for a failed verdict only, and proved by nothing. */
export const isAnonymous = ({ launch, mac, event }: Marker): boolean =>
  launch === '-' && mac === '-' && event.type === 'verdict' && !event.ok;

/** A marker that tells of trouble; when it stands in the current run, nothing makes that run a success. */
export const isBad = ({ event }: Marker): boolean =>
  (event.type === 'end' && event.status !== 0) || (event.type === 'verdict' && !event.ok);

/** Returns the MAC: the first 16 hex digits of SHA-256 over the nonce, the machine's id and what is signed, with `|` between. */
export const macOf = (nonce: Nonce, instanceId: InstanceId, signed: string): string =>
  hash('sha256', `${nonce}|${instanceId}|${signed}`, 'hex').slice(0, 16);

/** Compares two MACs of the same length in constant time. */
export const sameMac = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(one), Buffer.from(other));

type Groups = Readonly<Record<string, string | undefined>>;

function read(groups: Groups): Marker | undefined {
  const event = readEvent(groups);
  if (event === undefined) return undefined;
  const { launch = '', run = '', mac = '', signed = '' } = groups;
  return { launch, run, seq: Number(groups['seq']), epoch: Number(groups['epoch']), event, mac, signed };
}

function readEvent(groups: Groups): MarkerEvent | undefined {
  const { scheme, version = '', moment, at = '', word, step = '', status, ms } = groups;
  if (scheme !== undefined) return { type: 'begin', scheme, version };
  if (moment === 'start' || moment === 'alive' || moment === 'interrupted') return { type: moment, step: at };
  const ending = { step, status: Number(status), ms: Number(ms) };
  if (word === 'end') return { type: 'end', ...ending };
  const ok = word === 'verdict ok';
  // An ok with a status that is not 0 contradicts itself: it is no marker.
  return ok && ending.status !== 0 ? undefined : { type: 'verdict', ok, ...ending };
}
