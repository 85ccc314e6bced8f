import { ACCOUNT } from '../geography.ts';
import { accessDenied } from './bucket-operations.ts';
import { notImplemented } from './s3-error.ts';

const CHECKSUMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'].map((name) => `checksum-${name}`);
const SIGNATURE = ['algorithm', 'credential', 'date', 'signature', 'security-token'];
const OWNERS = ['expected-bucket-owner', 'source-expected-bucket-owner'];

/** What the local S3 acts on, or what has no effect in S3 either, without `x-amz-`. */
const KNOWN = {
  header: new Set([
    ...['content-sha256', 'date', 'security-token', 'user-agent', 'trailer', 'decoded-content-length'],
    ...['sdk-checksum-algorithm', 'checksum-algorithm', 'checksum-mode', 'checksum-type', ...CHECKSUMS],
    ...['copy-source', 'copy-source-range', 'metadata-directive', 'mp-object-size', 'bucket-region'],
    ...['match', 'none-match', 'modified-since', 'unmodified-since'].map((name) => `copy-source-if-${name}`),
    ...OWNERS,
  ]),
  parameter: new Set([
    ...[...SIGNATURE, 'expires', 'signedheaders', 'content-sha256', 'user-agent'],
    ...['sdk-checksum-algorithm', 'checksum-mode', ...CHECKSUMS],
  ]),
  field: new Set(SIGNATURE),
};

/** Values that say what the local S3 does anyway. */
const USUAL: ReadonlyMap<string, readonly string[]> = new Map([
  ['acl', ['private', 'public-read', 'bucket-owner-full-control']],
  ['storage-class', ['STANDARD']],
  ['server-side-encryption', ['AES256']],
]);

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Refuses headers that the local S3 would drop: whoever asks for encryption, a lock or tags must not get a 200 without them.
 * @throws S3Error NotImplemented, AccessDenied
 */
export function checkAmzHeaders(headers: Fields, query: URLSearchParams): void {
  check('header', headers);
  check('parameter', Object.fromEntries([...query].map(([name, value]) => [name.toLowerCase(), value])));
  for (const owner of OWNERS) if ((headers[`x-amz-${owner}`] ?? ACCOUNT) !== ACCOUNT) throw accessDenied();
}

/** The same for the fields of a form, by lower-case name. @throws S3Error */
export const checkAmzFields = ({ acl, ...fields }: Fields): void =>
  check('field', { ...fields, 'x-amz-acl': acl });

function check(kind: keyof typeof KNOWN, fields: Fields): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined || !field.startsWith('x-amz-')) continue;
    const name = field.slice('x-amz-'.length);
    if (KNOWN[kind].has(name) || (name.startsWith('meta-') && kind !== 'parameter')) continue;
    const usual = kind === 'parameter' ? undefined : USUAL.get(name);
    if (usual?.includes(String(value))) continue;
    throw notImplemented(usual === undefined ? `${kind} ${field}` : `${kind} ${field}: ${value}`);
  }
}
