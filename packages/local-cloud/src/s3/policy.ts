import type { PolicyFields } from './request.ts';
import { S3Error } from './s3-error.ts';

/** Fields that no condition need name. @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
const FREE = new Set(['policy', 'x-amz-signature', 'file', 'awsaccesskeyid', 'signature']);

type Condition =
  | {
      readonly kind: 'eq' | 'starts-with';
      readonly field: string;
      readonly value: string;
      readonly text: string;
    }
  | { readonly kind: 'length'; readonly min: number; readonly max: number };

/**
 * Judges the fields of a form by its policy.
 * @returns how many bytes the file may have
 * @throws S3Error
 */
export function checkPolicy(
  fields: PolicyFields,
  bucket: string,
  now: number,
): { readonly minBytes: number; readonly maxBytes: number } {
  const { expiration, conditions } = parsePolicy(fields['policy'] ?? '');
  if (Number.isNaN(expiration)) throw invalid("Policy is missing or has a malformed 'expiration'");
  if (now > expiration) throw new S3Error('AccessDenied', 'Invalid according to Policy: Policy expired.');
  const given: PolicyFields = { ...fields, bucket };
  const named = new Set<string>();
  let [minBytes, maxBytes] = [0, Number.POSITIVE_INFINITY];
  for (const condition of conditions) {
    if (condition.kind === 'length') {
      [minBytes, maxBytes] = [condition.min, condition.max];
      continue;
    }
    const { kind, field, value, text } = condition;
    named.add(field);
    const found = given[field] ?? '';
    if (kind === 'eq' ? found !== value : !found.startsWith(value))
      throw new S3Error('AccessDenied', `Invalid according to Policy: Policy Condition failed: ${text}`);
  }
  const extra = Object.keys(fields).find(
    (field) => !named.has(field) && !FREE.has(field) && !field.startsWith('x-ignore-'),
  );
  if (extra !== undefined)
    throw new S3Error('AccessDenied', `Invalid according to Policy: Extra input fields: ${extra}`);
  return { minBytes, maxBytes };
}

function parsePolicy(base64: string): {
  readonly expiration: number;
  readonly conditions: readonly Condition[];
} {
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    throw invalid('Invalid JSON.');
  }
  if (typeof policy !== 'object' || policy === null) throw invalid('Invalid JSON.');
  const { expiration, conditions } = policy as { expiration?: unknown; conditions?: unknown };
  if (!Array.isArray(conditions)) throw invalid("Policy is missing 'conditions'");
  return { expiration: Date.parse(String(expiration)), conditions: conditions.flatMap(conditionsOf) };
}

function conditionsOf(condition: unknown): Condition[] {
  const text = JSON.stringify(condition);
  if (Array.isArray(condition)) {
    const [kind, first, second] = condition as unknown[];
    if (kind === 'content-length-range') return [{ kind: 'length', min: Number(first), max: Number(second) }];
    if ((kind === 'eq' || kind === 'starts-with') && typeof first === 'string' && first.startsWith('$'))
      return [{ kind, field: first.slice(1).toLowerCase(), value: String(second), text }];
    throw invalid(`Invalid condition: ${text}`);
  }
  if (typeof condition !== 'object' || condition === null) throw invalid(`Invalid condition: ${text}`);
  return Object.entries(condition).map(([field, value]) => ({
    kind: 'eq',
    field: field.toLowerCase(),
    value: String(value),
    text: JSON.stringify(['eq', `$${field}`, value]),
  }));
}

const invalid = (message: string): S3Error =>
  new S3Error('InvalidPolicyDocument', `Invalid Policy: ${message}`);
