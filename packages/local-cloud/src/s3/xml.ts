import { XMLBuilder, XMLParser } from 'fast-xml-parser';

/** What can stand in an answer; undefined fields are left out, a list repeats its element. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressBooleanAttributes: false,
  suppressEmptyNode: false,
});

/** Spaces stay, since a key may begin and end with them; numeric references (`&#xA;`) go with HTML's entities. */
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
});

/** A whole document with this root. */
export function xmlDocument(root: string, content: { readonly [name: string]: Xml } | string): string {
  const namespace = root === 'Error' ? {} : { '@xmlns': NAMESPACE };
  const body = typeof content === 'string' ? { '#text': content } : clean(content);
  const text = builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    [root]: { ...namespace, ...(body as object) },
  });
  // A parser would read it as the end of a line.
  return text.replaceAll('\r', '&#xD;');
}

function clean(value: Xml): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, clean(field)]),
  );
}

/** A parsed request: text, or elements by name (a list where one repeats). */
export type Parsed = string | readonly Parsed[] | { readonly [name: string]: Parsed };

/** The content of the root element; undefined for anything else than one such element. */
export function parseXml(text: string, root: string): Parsed | undefined {
  try {
    const parsed = parser.parse(text, true) as Record<string, Parsed>;
    return parsed[root];
  } catch {
    return undefined;
  }
}

/** The elements of this name below a node. */
export function children(node: Parsed | undefined, name: string): readonly Parsed[] {
  if (typeof node !== 'object' || Array.isArray(node)) return [];
  const found = (node as { readonly [name: string]: Parsed })[name];
  if (found === undefined) return [];
  return Array.isArray(found) ? (found as readonly Parsed[]) : [found];
}

/** The text of the first element of this name, without spaces around it. */
export const textOf = (node: Parsed | undefined, name: string): string | undefined =>
  exactTextOf(node, name)?.trim();

/** The text of the first element of this name, as it stands. */
export function exactTextOf(node: Parsed | undefined, name: string): string | undefined {
  const [first] = children(node, name);
  return typeof first === 'string' ? first : undefined;
}
