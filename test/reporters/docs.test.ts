import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { EXIT_CODES } from '../../src/errors.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const DOCS = read('docs/output.md');

/** Every key of a JSON value, at any depth. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

describe('docs/output.md', () => {
  test('names every field and event that is printed', () => {
    const events = read('test/golden/report/events.ndjson').trimEnd().split('\n');
    const printed = [read('test/golden/report/document.json'), ...events].map((text): unknown =>
      JSON.parse(text),
    );
    const names = printed.flatMap((value) =>
      typeof value === 'object' && value !== null && 'event' in value ? [String(value.event)] : [],
    );
    const words = new Set([...printed.flatMap(keysOf), ...names]);
    const missing = [...words].filter((word) => !DOCS.includes(`\`${word}\``) && !DOCS.includes(`"${word}"`));
    expect(missing).toEqual([]);
  });

  test('has the table of exit codes', () => {
    const rows = EXIT_CODES.map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`);
    const table = DOCS.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
    expect(table).toContain(['| --- | --- | --- |', ...rows, ''].join('\n'));
  });
});
