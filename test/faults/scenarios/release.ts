import { createHash } from 'node:crypto';
import { keysBelow, objectAt, putObject } from '../cloud.ts';
import type { Ended, Place } from '../place.ts';
import type { Builds, BuiltArchive } from './builds.ts';
import { documentOf, manners } from './claims.ts';
import { JSON_OUTPUT } from './machines.ts';
import type { Scenario } from './scenario.ts';

const ENVIRONMENT = 'prod';
const APP = ['--app', 'shop'] as const;

const buildsOf = ({ name }: Place) => `${name}/builds/shop/`;
const pointerOf = ({ name }: Place) => `${name}/pointers/shop/${ENVIRONMENT}`;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Writes a build as `release publish` leaves it. */
async function storeBuild(place: Place, { tag, name, archive, manifest }: BuiltArchive): Promise<void> {
  await putObject(place.cloud, `${buildsOf(place)}${name}`, archive);
  await putObject(place.cloud, `${buildsOf(place)}${tag}.json`, manifest);
}

const pointerText = (tag: string, from?: string): string => {
  const move = {
    at: '2026-11-23T10:00:00.000Z',
    by: 'ann@build-7',
    action: 'promote',
    from: null,
    to: 'v1',
    why: null,
  };
  const moves = [...(from === undefined ? [] : [{ ...move, from, to: tag, id: '9f3a2c41d07be655' }])];
  return [
    tag,
    ...[...moves, { ...move, id: '0f3a2c41d07be655' }].map((line) => JSON.stringify(line)),
    '',
  ].join('\n');
};

/** What is wrong with the builds: a manifest without its whole archive. */
async function judgeBuilds(place: Place): Promise<string[]> {
  const wrong: string[] = [];
  const keys = (await keysBelow(place.cloud, buildsOf(place))).filter((key) => key.endsWith('.json'));
  for (const key of keys) {
    const manifest = JSON.parse((await objectAt(place.cloud, key))?.toString() ?? '{}');
    const archive = await objectAt(place.cloud, `${buildsOf(place)}${manifest.archive}`);
    if (archive === undefined) wrong.push(`${manifest.tag} has a manifest, and no archive`);
    else if (sha256(archive) !== manifest.sha256) wrong.push(`the archive of ${manifest.tag} is another`);
  }
  return wrong;
}

/** The pointer's tag, and what is wrong with the pointer: torn lines, or a build that isn't there. */
async function judgePointer(place: Place): Promise<{ tag: string | undefined; wrong: string[] }> {
  const text = (await objectAt(place.cloud, pointerOf(place)))?.toString();
  if (text === undefined) return { tag: undefined, wrong: [] };
  const [tag = '', ...moves] = text.split('\n').filter((line) => line !== '');
  const wrong: string[] = [];
  if ((await objectAt(place.cloud, `${buildsOf(place)}${tag}.json`)) === undefined)
    wrong.push(`the pointer names ${tag}, which is not published`);
  try {
    const ids = moves.map((line) => JSON.parse(line).id);
    if (new Set(ids).size < ids.length) wrong.push('a move of the pointer stands in it twice');
    if (JSON.parse(moves[0] ?? '{}').to !== tag) wrong.push('the pointer and its newest move differ');
  } catch {
    wrong.push('the pointer is damaged');
  }
  return { tag, wrong };
}

const publishOf = (name: string, build: (builds: Builds) => BuiltArchive, builds: Builds): Scenario => {
  const { tag, file } = build(builds);
  const whole = async (place: Place) =>
    (await objectAt(place.cloud, `${buildsOf(place)}${tag}.json`)) !== undefined;
  const judge = async (place: Place, ended: Ended): Promise<string[]> => {
    const pointer = await judgePointer(place);
    const wrong = [...manners(ended), ...(await judgeBuilds(place)), ...pointer.wrong];
    if (ended.code === 0 && !(await whole(place))) wrong.push('exit 0, but the build is not published');
    if (ended.code === 0 && pointer.tag !== tag) wrong.push(`exit 0, but the pointer names ${pointer.tag}`);
    return wrong;
  };
  return {
    name,
    prepare: async () => undefined,
    argv: () => ['release', 'publish', ...APP, '--archive', file, '--env', ENVIRONMENT, ...JSON_OUTPUT],
    judge,
    judgeEnd: (place, ended) => again(judge(place, ended), ended),
  };
};

/** What is wrong at the end: as before, and any exit but 0. */
async function again(judged: Promise<readonly string[]>, { code }: Ended): Promise<readonly string[]> {
  const wrong = (await judged).map((text) => `run again: ${text}`);
  return code === 0 ? wrong : [...wrong, `run again: exit ${code}`];
}

const moveOf = (
  name: string,
  builds: Builds,
  { from, to, words }: { from: string; to: string; words: readonly string[] },
): Scenario => {
  const judge = async (place: Place, ended: Ended): Promise<string[]> => {
    const { tag, wrong } = await judgePointer(place);
    const all = [...manners(ended), ...(await judgeBuilds(place)), ...wrong];
    if (tag !== from && tag !== to) all.push(`the pointer names ${tag}`);
    if (ended.code === 0 && tag !== to) all.push(`exit 0, but the pointer names ${tag}`);
    if (documentOf(ended)?.changed === true && tag !== to) all.push(`told as changed, but it names ${tag}`);
    return all;
  };
  return {
    name,
    prepare: async (place) => {
      await storeBuild(place, builds.v1);
      await storeBuild(place, builds.v2);
      const text = from === 'v1' ? pointerText('v1') : pointerText('v2', 'v1');
      await putObject(place.cloud, pointerOf(place), Buffer.from(text));
    },
    argv: () => ['release', ...words, ...APP, '--env', ENVIRONMENT, ...JSON_OUTPUT],
    judge,
    judgeEnd: (place, ended) => again(judge(place, ended), ended),
  };
};

/** What is done with builds and pointers. */
export const releases = (builds: Builds): readonly Scenario[] => [
  publishOf('publish', ({ v1 }) => v1, builds),
  publishOf('publish in parts', ({ large }) => large, builds),
  moveOf('promote', builds, { from: 'v1', to: 'v2', words: ['promote', 'v2'] }),
  moveOf('roll back', builds, { from: 'v2', to: 'v1', words: ['rollback', '--to', 'v1'] }),
];
