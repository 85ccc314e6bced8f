import { XMLBuilder } from 'fast-xml-parser';
import type { Ec2Error } from './ec2-error.ts';

/** What can stand in an answer; undefined fields are left out. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

/** The API version that rolecall's clients (SDK v3, botocore) speak. */
const API_VERSION = '2016-11-15';

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressBooleanAttributes: false,
});

/** EC2's form of a list: each member an `item`; an empty list is an empty element. */
export const items = (members: readonly Xml[]): Xml => (members.length === 0 ? '' : { item: members });

/** A time as EC2 writes it: UTC with milliseconds. */
export const time = (epochMs: number): string => new Date(epochMs).toISOString();

/** The document that answers `action`. */
export function answerXml(action: string, requestId: string, body: { readonly [name: string]: Xml }): string {
  const namespace = `http://ec2.amazonaws.com/doc/${API_VERSION}/`;
  return document({ [`${action}Response`]: { '@xmlns': namespace, requestId, ...body } });
}

/**
 * The document of a refusal.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
export function errorXml(error: Pick<Ec2Error, 'code' | 'message'>, requestId: string): string {
  const Errors = { Error: { Code: error.code, Message: error.message } };
  return document({ Response: { Errors, RequestID: requestId } });
}

const document = (root: Xml): string =>
  builder.build({ '?xml': { '@version': '1.0', '@encoding': 'UTF-8' }, ...pruned(root) });

/** Without undefined fields, which the builder would write as text. */
function pruned(value: Xml): Record<string, unknown> {
  return clean(value) as Record<string, unknown>;
}

function clean(value: Xml): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object') return value;
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined) fields[name] = clean(field);
  return fields;
}
