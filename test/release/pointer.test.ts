import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PathName } from '../../src/model.ts';
import { parseManifest, renderManifest } from '../../src/release/manifest.ts';
import {
  MAX_MOVES,
  type Move,
  moved,
  type Pointer,
  parsePointer,
  previousBuild,
  renderPointer,
} from '../../src/release/pointer.ts';
import { BUILD } from '../support/builds.ts';
import { holds } from '../support/property.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/) as fc.Arbitrary<PathName>;

const move = (
  to: string,
  from: string | null,
  action: Move['action'] = 'promote',
  id = 'f'.repeat(16),
): Move => ({
  at: '2026-11-23T10:00:00.000Z',
  by: 'ann@build-7',
  action,
  from: from as PathName | null,
  to: to as PathName,
  why: null,
  id,
});

describe('a pointer', () => {
  test('as it lies in the bucket', () => {
    const first = moved(undefined, move('v1', null));
    const second = moved(first, { ...move('v2', 'v1'), why: 'fixes "the" cart\u00e9' });
    expect(renderPointer(second)).toBe(
      'v2\n' +
        '{"at":"2026-11-23T10:00:00.000Z","by":"ann@build-7","action":"promote","from":"v1","to":"v2","why":"fixes \\"the\\" cart\u00e9","id":"ffffffffffffffff"}\n' +
        '{"at":"2026-11-23T10:00:00.000Z","by":"ann@build-7","action":"promote","from":null,"to":"v1","why":null,"id":"ffffffffffffffff"}\n',
    );
  });

  test('is read as it was written', () => {
    const tags = fc.array(name, { minLength: 1, maxLength: 8 });
    holds(
      fc.property(tags, fc.option(fc.string({ maxLength: 50 })), (to, why) => {
        const pointer = to.reduce<Pointer | undefined>(
          (before, tag) => moved(before, { ...move(tag, before?.tag ?? null), why }),
          undefined,
        ) as Pointer;
        expect(parsePointer(renderPointer(pointer), 'x')).toEqual(pointer);
      }),
    );
  });

  test('with nothing but a tag is one without history', () => {
    expect(parsePointer('v1', 'x')).toEqual({ tag: 'v1', moves: [] });
    expect(parsePointer('v1\n', 'x')).toEqual({ tag: 'v1', moves: [] });
  });

  test.each([
    ['', /^the pointer s3:\/\/b\/p is damaged: line 1: it is empty/],
    ['<html>', /line 1: it names no build/],
    ['v1\nnot json\n', /line 2: it is no move/],
    [`v1\n${JSON.stringify(move('v1', null))}\n{}\n`, /line 3: it is no move/],
    [`v1\n${JSON.stringify(move('v2', null))}\n`, /line 2: its newest move leads to v2, not to v1/],
  ])('that is damaged says where: %j', (text, expected) => {
    expect(() => parsePointer(text, 's3://b/p')).toThrow(expected);
  });

  test('junk never passes for a pointer with moves', () => {
    holds(
      fc.property(fc.string(), (junk) => {
        const parse = () => parsePointer(`v1\n${junk}x`, 'x');
        expect(parse).toThrow(/is damaged/);
      }),
    );
  });

  test('keeps the newest moves', () => {
    let pointer: Pointer | undefined;
    for (let index = 0; index <= MAX_MOVES; index += 1) pointer = moved(pointer, move(`v${index}`, null));
    expect(pointer?.moves).toHaveLength(MAX_MOVES);
    expect(pointer?.moves.at(-1)?.to).toBe('v1');
  });
});

describe('the build before', () => {
  const after = (...steps: [Move['action'], string][]) =>
    steps.reduce<Pointer | undefined>(
      (before, [action, to]) => moved(before, move(to, before?.tag ?? null, action)),
      undefined,
    ) as Pointer;

  test.each<[[Move['action'], string][], string | undefined]>([
    [[['promote', 'a']], undefined],
    [
      [
        ['promote', 'a'],
        ['promote', 'b'],
      ],
      'a',
    ],
    [
      [
        ['promote', 'a'],
        ['promote', 'b'],
        ['promote', 'c'],
        ['rollback', 'b'],
      ],
      'a',
    ],
    [
      [
        ['promote', 'a'],
        ['promote', 'b'],
        ['rollback', 'a'],
      ],
      undefined,
    ],
    [
      [
        ['promote', 'a'],
        ['promote', 'b'],
        ['rollback', 'a'],
        ['promote', 'c'],
      ],
      'a',
    ],
    // Back to one that was never promoted: it stands on top of those before.
    [
      [
        ['promote', 'a'],
        ['promote', 'b'],
        ['rollback', 'x'],
      ],
      'b',
    ],
    [
      [
        ['promote', 'a'],
        ['promote', 'b'],
        ['promote', 'a'],
      ],
      'b',
    ],
  ])('after %j is %s', (steps, expected) => {
    expect(previousBuild(after(...steps))).toBe(expected);
  });

  test('of a history whose beginning is forgotten is known from its oldest move', () => {
    expect(previousBuild({ tag: 'b' as PathName, moves: [move('b', 'a')] })).toBe('a');
  });

  test('is what a stack says, whatever the history', () => {
    const step = fc.option(name);
    holds(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const model = { stack: [] as string[], pointer: undefined as Pointer | undefined };
        for (const tag of steps) {
          if (tag === null) back(model);
          else forth(model, tag);
        }
        expect(model.pointer?.tag).toBe(model.stack.at(-1));
      }),
    );
  });
});

interface Model {
  stack: string[];
  pointer: Pointer | undefined;
}

function forth(model: Model, tag: string): void {
  // Promoting the current build is no move.
  if (model.stack.at(-1) === tag) return;
  model.stack.push(tag);
  model.pointer = moved(model.pointer, move(tag, model.pointer?.tag ?? null));
}

function back(model: Model): void {
  const tag = model.pointer && previousBuild(model.pointer);
  expect(tag).toBe(model.stack.at(-2));
  if (tag === undefined) return;
  model.stack = model.stack.slice(0, model.stack.slice(0, -1).lastIndexOf(tag) + 1);
  model.pointer = moved(model.pointer, move(tag, model.pointer?.tag ?? null, 'rollback'));
}

describe('a manifest', () => {
  test('has a field a line: machines read it by lines', () => {
    const text = renderManifest(BUILD);
    expect(text.split('\n').slice(0, 8)).toEqual([
      '{',
      '  "version": 1,',
      '  "app": "shop",',
      '  "tag": "v1.2.0",',
      '  "archive": "v1.2.0.tar.gz",',
      `  "sha256": "${'a'.repeat(64)}",`,
      '  "size": 1234567,',
      `  "tar_sha256": "${'b'.repeat(64)}",`,
    ]);
    expect(parseManifest(text, 'x')).toEqual(BUILD);
  });

  test.each(['', '[]', 'null', '{"version": 2}', 'v1'])('is not %j', (text) => {
    expect(() => parseManifest(text, 's3://b/m')).toThrow(/^s3:\/\/b\/m is no manifest of a build/);
  });

  test('with any field missing or of another kind is none', () => {
    const document = JSON.parse(renderManifest(BUILD)) as Record<string, unknown>;
    for (const field of Object.keys(document).filter((key) => key !== 'dirty')) {
      for (const value of [undefined, {}, -1, '../x'].filter(
        (wrong) => field !== 'by' || typeof wrong !== 'string',
      )) {
        const text = JSON.stringify({ ...document, [field]: value });
        expect({ field, value, parse: () => parseManifest(text, 'x') }).toMatchObject({ field });
        expect(() => parseManifest(text, 'x')).toThrow(/is no manifest of a build/);
      }
    }
  });
});
