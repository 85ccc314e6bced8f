import { Ec2Error, invalidValue } from './ec2-error.ts';
import { groups, needText, type Params, text } from './params.ts';

/** Tags by resource id (volumes, images, network interfaces). */
export type ResourceTags = Map<string, Readonly<Record<string, string>>>;

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;
// XML 1.0 cannot carry these, so EC2 could not give them back.
// biome-ignore lint/suspicious/noControlCharactersInRegex: naming the control characters is its purpose
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** The tags of a `Tag.N.Key` / `Tag.N.Value` list, checked as EC2 does. */
export function parseTags(params: Params): Record<string, string> {
  const tags = new Map<string, string>();
  for (const tag of groups(params, 'Tag')) {
    const key = needText(tag, 'Key');
    const value = text(tag, 'Value') ?? '';
    checkTag(key, value);
    if (tags.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    tags.set(key, value);
  }
  return Object.fromEntries(tags);
}

function checkTag(key: string, value: string): void {
  if (/^aws:/i.test(key))
    throw invalidValue(
      `Value ( ${key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
    );
  if (key.length > MAX_KEY)
    throw invalidValue(`Tag key exceeds the maximum length of ${MAX_KEY} characters: '${key}'`);
  if (value.length > MAX_VALUE)
    throw invalidValue(`Tag value exceeds the maximum length of ${MAX_VALUE} characters (key '${key}')`);
  if (CONTROL.test(key) || CONTROL.test(value))
    throw invalidValue(`The tag '${JSON.stringify(key)}' holds control characters`);
}

/** The tags of a resource after new ones joined them. @throws Ec2Error TagLimitExceeded */
export function joinTags(
  old: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const all = { ...old, ...added };
  if (Object.keys(all).length > MAX_TAGS)
    throw new Ec2Error('TagLimitExceeded', `The maximum number of Tags for a resource has been reached.`);
  return all;
}
