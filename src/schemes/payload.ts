import { createHash } from 'node:crypto';
import type { Role } from '../catalogue/role.ts';
import { UsageError } from '../errors.ts';
import type { LaunchId, Nonce } from '../model.ts';
import type { PinnedBeacon } from './beacon.ts';

/**
 * EC2's limit on user data, bytes before base64.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
 */
export const MAX_PAYLOAD_BYTES = 16_384;

const LARGEST_SHOWN = 5;

/** The user data of one RunInstances call. */
export interface Payload {
  /** Name of the scheme that made it. */
  readonly scheme: string;
  /** The exact text; ASCII or UTF-8, at most 16,384 bytes. Holds the nonce: never print it unredacted by accident. */
  readonly text: string;
  /** Raw size, before base64. */
  readonly bytes: number;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
}

/** What the payload of one launch holds in every scheme, beside the role's own keys. */
export interface PayloadRun {
  readonly launch: LaunchId;
  readonly nonce: Nonce;
  readonly beacon?: PinnedBeacon | undefined;
}

/** What a payload is made of. */
export interface PayloadInput extends PayloadRun {
  readonly role: Role;
}

/** A part of a payload, for whoever has to make it smaller. */
export interface PayloadPart {
  readonly name: string;
  readonly bytes: number;
}

/**
 * @param hint what to do about one that is too large
 * @throws UsageError for more than 16,384 bytes, with the parts, largest first
 */
export function payloadOf(
  scheme: string,
  text: string,
  parts: readonly PayloadPart[],
  hint: string,
): Payload {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PAYLOAD_BYTES) throw tooLarge(bytes, parts, hint);
  return { scheme, text, bytes, sha256: createHash('sha256').update(text).digest('hex') };
}

function tooLarge(bytes: number, parts: readonly PayloadPart[], hint: string): UsageError {
  const sizes = [...parts].sort((one, other) => other.bytes - one.bytes || (one.name < other.name ? -1 : 1));
  const shown = sizes.slice(0, LARGEST_SHOWN).map((part) => `  ${number(part.bytes)} bytes  ${part.name}`);
  const rest = sizes.slice(LARGEST_SHOWN);
  const restSize = rest.reduce((sum, part) => sum + part.bytes, 0);
  const tail = rest.length === 0 ? [] : [`  ${number(restSize)} bytes  in ${rest.length} more`];
  const over = `${number(bytes - MAX_PAYLOAD_BYTES)} over EC2's limit of ${number(MAX_PAYLOAD_BYTES)}`;
  return new UsageError(
    [`the payload has ${number(bytes)} bytes, ${over}; its parts, largest first:`, ...shown, ...tail].join(
      '\n',
    ),
    { hint },
  );
}

const number = (value: number): string => value.toLocaleString('en-US');
