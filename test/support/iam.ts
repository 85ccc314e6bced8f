/**
 * Evaluates IAM policies as AWS does for one principal in one account: an explicit Deny wins, then an Allow, else nothing is
 * allowed. Refuses elements and operators that it doesn't know, so that no policy passes unread.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */

/** A policy document, as far as these have one. */
export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What AWS asks the policies about: a request may be several, and all must be allowed. */
export interface Authorization {
  readonly action: string;
  readonly resource: string;
  /** Condition keys that the request has; a list where AWS documents the key as multivalued. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export type Decision = 'allowed' | 'denied' | 'not allowed';

const ELEMENTS = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition']);

/** What the policies say, and the statement that decides. */
export function decide(
  policies: readonly Policy[],
  asked: Authorization,
): { readonly decision: Decision; readonly by?: string } {
  const statements = policies.flatMap(({ Statement }) => Statement);
  for (const statement of statements)
    for (const element of Object.keys(statement))
      if (!ELEMENTS.has(element)) throw new Error(`${statement.Sid}: this evaluator knows no ${element}`);
  const matching = statements.filter((statement) => applies(statement, asked));
  const denying = matching.find(({ Effect }) => Effect === 'Deny');
  if (denying !== undefined) return { decision: 'denied', by: denying.Sid };
  const allowing = matching.find(({ Effect }) => Effect === 'Allow');
  return allowing === undefined ? { decision: 'not allowed' } : { decision: 'allowed', by: allowing.Sid };
}

const applies = ({ Action, Resource, Condition = {} }: Statement, asked: Authorization): boolean =>
  [Action].flat().some((pattern) => like(pattern.toLowerCase(), asked.action.toLowerCase())) &&
  [Resource].flat().some((pattern) => likeArn(pattern, asked.resource)) &&
  Object.entries(Condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, key, [wanted].flat(), asked.context)),
  );

/** One key of one operator. Names of keys don't depend on case, but for the tag's key in them. */
function holds(
  operator: string,
  key: string,
  wanted: readonly string[],
  context: Authorization['context'],
): boolean {
  const [, set, plain = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(operator) ?? [];
  const found = Object.entries(context).find(([name]) => sameKey(name, key))?.[1];
  if (plain === 'Null') return (found === undefined) === (wanted[0] === 'true');
  const test = OPERATORS.get(plain);
  if (test === undefined) throw new Error(`this evaluator knows no ${operator}`);
  const values = found === undefined ? [] : [found].flat();
  if (set === 'ForAllValues') return values.every((value) => test(value, wanted));
  if (set === 'ForAnyValue') return values.some((value) => test(value, wanted));
  if (found === undefined) return ifExists !== undefined || plain.includes('Not');
  if (values.length !== 1)
    throw new Error(`${key} has several values: ${operator} needs ForAllValues or ForAnyValue`);
  return test(values[0] ?? '', wanted);
}

function sameKey(name: string, key: string): boolean {
  const [one = '', ...tag] = name.split('/');
  const [other = '', ...wanted] = key.split('/');
  return one.toLowerCase() === other.toLowerCase() && tag.join('/') === wanted.join('/');
}

type Test = (value: string, wanted: readonly string[]) => boolean;

const OPERATORS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['StringEquals', (value, wanted) => wanted.includes(value)],
  ['StringNotEquals', (value, wanted) => !wanted.includes(value)],
  ['StringLike', (value, wanted) => wanted.some((pattern) => like(pattern, value))],
  ['StringNotLike', (value, wanted) => !wanted.some((pattern) => like(pattern, value))],
  ['ArnEquals', (value, wanted) => wanted.some((pattern) => likeArn(pattern, value))],
  ['ArnLike', (value, wanted) => wanted.some((pattern) => likeArn(pattern, value))],
  ['ArnNotEquals', (value, wanted) => !wanted.some((pattern) => likeArn(pattern, value))],
  ['ArnNotLike', (value, wanted) => !wanted.some((pattern) => likeArn(pattern, value))],
  ['Bool', (value, wanted) => wanted.some((each) => each.toLowerCase() === value.toLowerCase())],
]);

/** `*` is any text, `?` one character. */
const like = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  ).test(text);

/** Part by part: a wildcard in an ARN reaches over no colon, but for the last part. */
function likeArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const parts = (text: string) => {
    const all = text.split(':');
    return [...all.slice(0, 5), all.slice(5).join(':')];
  };
  const [wanted, found] = [parts(pattern), parts(arn)];
  return wanted.every((part, index) => like(part, found[index] ?? ''));
}
