import { invalidValue } from './ec2-error.ts';
import { integer, type Params, text } from './params.ts';

/** One page of an answer. */
export interface Page<T> {
  readonly things: readonly T[];
  /** Absent on the last page. */
  readonly nextToken: string | undefined;
}

/** EC2's bounds of MaxResults. */
const MIN_RESULTS = 5;
const MAX_RESULTS = 1000;

const PREFIX = 'after ';

/**
 * The page that `MaxResults` and `NextToken` ask for, in the order of `keyOf`. A token holds the key of the last thing
 * given, so that things that come and go between two pages shift nothing.
 */
export function pageOf<T>(all: readonly T[], keyOf: (thing: T) => string, params: Params): Page<T> {
  const size = integer(params, 'MaxResults', MIN_RESULTS, MAX_RESULTS) ?? MAX_RESULTS;
  const after = decode(text(params, 'NextToken'));
  const rest = all
    .map((thing) => ({ thing, key: keyOf(thing) }))
    .filter(({ key }) => key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const more = rest.length > size && last !== undefined;
  return { things: page.map(({ thing }) => thing), nextToken: more ? encode(last.key) : undefined };
}

const encode = (key: string): string => Buffer.from(`${PREFIX}${key}`).toString('base64url');

function decode(token: string | undefined): string {
  if (token === undefined) return '';
  const decoded = Buffer.from(token, 'base64url').toString();
  if (!decoded.startsWith(PREFIX)) throw invalidValue('Unable to parse pagination token');
  return decoded.slice(PREFIX.length);
}
