import { items } from './answer.ts';
import { Ec2Error } from './ec2-error.ts';
import { applyFilters, type Fields, parseFilters } from './filters.ts';
import { checkCount, named } from './instance-operations.ts';
import type { Call, Operation } from './operation.ts';
import { pageOf } from './page.ts';
import { texts } from './params.ts';
import { joinTags, parseTags } from './resource-tags.ts';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
export const createTags: Operation = {
  params: ['DryRun', 'ResourceId', 'Tag'],
  run: (call) => {
    const ids = texts(call.params, 'ResourceId');
    const tags = parseTags(call.params);
    if (ids.length === 0) throw missing('ResourceId');
    checkCount(ids, 'ResourceId');
    if (Object.keys(tags).length === 0) throw missing('Tag');
    // All of them are checked before the first is changed.
    const changes = ids.map((id) => change(call, id, tags));
    for (const apply of changes) apply();
    return { return: true };
  },
};

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html */
export const describeTags: Operation = {
  params: ['DryRun', 'Filter', 'MaxResults', 'NextToken'],
  run: (call) => {
    const rows = applyFilters(allTags(call), parseFilters(call.params), tagFields, (name) =>
      ['key', 'resource-id', 'resource-type', 'value'].includes(name),
    );
    const { things, nextToken } = pageOf(rows, ({ resourceId, key }) => `${resourceId} ${key}`, call.params);
    return { tagSet: items(things.map((row) => ({ ...row }))), nextToken };
  },
};

interface TagRow {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly key: string;
  readonly value: string;
}

const tagFields: Fields<TagRow> = (row, name) =>
  ({
    key: [row.key],
    value: [row.value],
    'resource-id': [row.resourceId],
    'resource-type': [row.resourceType],
  })[name];

function allTags({ world, region }: Call): TagRow[] {
  const machines = world.machines.list().filter(({ spec }) => spec.region === region);
  return machines.flatMap(({ spec, tags }) => [
    ...rows(spec.id, 'instance', tags),
    ...spec.volumes.flatMap(({ id }) => rows(id, 'volume', world.resourceTags.get(id) ?? {})),
  ]);
}

const rows = (resourceId: string, resourceType: string, tags: Readonly<Record<string, string>>): TagRow[] =>
  Object.entries(tags).map(([key, value]) => ({ resourceId, resourceType, key, value }));

/** Checks a change of tags and gives back how to make it. */
function change(call: Call, id: string, tags: Readonly<Record<string, string>>): () => void {
  const { resourceTags } = call.world;
  const others = resourceTags.get(id);
  if (others !== undefined) {
    const all = joinTags(others, tags);
    return () => resourceTags.set(id, all);
  }
  if (!id.startsWith('i-')) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
  const [machine] = named(call, [id]);
  const all = joinTags(machine?.tags ?? {}, tags);
  return () => {
    if (machine !== undefined) machine.tags = all;
  };
}

const missing = (name: string): Ec2Error =>
  new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`);
