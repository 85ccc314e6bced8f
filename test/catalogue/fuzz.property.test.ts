import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseCatalogue } from '../../src/catalogue/parse.ts';
import { resolveRole } from '../../src/catalogue/resolve.ts';
import { RolecallError } from '../../src/errors.ts';
import { formatFaults } from '../../src/yaml/faults.ts';
import { anyCharacter, holds } from '../support/property.ts';
import { catalogueWith } from './sample.ts';

/** Reads, shows and resolves as commands do; anything thrown but our own refusals fails the property. */
function survive(text: string): void {
  const parsed = parseCatalogue(text, 'roles.yaml');
  if (!parsed.ok) {
    const lines = text.split('\n').length;
    expect(parsed.faults.length).toBeGreaterThan(0);
    for (const { line, column, length } of parsed.faults) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines + 1);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(length).toBeGreaterThanOrEqual(1);
    }
    // No control characters but line ends and tabs reach the terminal.
    expect(formatFaults(parsed.faults)).not.toMatch(/[^\P{Cc}\n\t]/u);
    return;
  }
  const { roles, environments, contexts } = parsed.catalogue;
  for (const { name } of roles) {
    try {
      const role = resolveRole(parsed.catalogue, {
        role: name,
        environment: environments[0] ?? '',
        context: contexts[0] ?? '',
      });
      expect(role.machine.instanceTypes[0]).toMatch(/\./);
    } catch (error) {
      if (!(error instanceof RolecallError)) throw error;
    }
  }
}

describe('no text makes the catalogue throw anything but faults', () => {
  test('arbitrary text', () => {
    holds(fc.property(fc.string({ unit: anyCharacter, maxLength: 200 }), survive), { numRuns: 1000 });
  });

  test("text of YAML's own punctuation", () => {
    const token = fc.constantFrom(
      '\n',
      '\n  ',
      '\n    ',
      ': ',
      '- ',
      '? ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '&a ',
      '*a',
      '<<: ',
      '!!str ',
      '!x ',
      '"',
      "'",
      '|\n',
      '>-\n',
      '#',
      '---\n',
      '...\n',
      '%YAML 1.2\n',
      '\t',
      'null',
      '~',
      'true',
      '1',
      '.inf',
      '0x1F',
      'version: 1\n',
      'name',
      'roles',
      'environments',
      'tags',
      '\r\n',
      '\ufeff',
      '\u2028',
      '\ud800',
    );
    holds(
      fc.property(fc.array(token, { maxLength: 40 }), (tokens) => survive(tokens.join(''))),
      { numRuns: 3000 },
    );
  });

  test('arbitrary trees, alone and within a good catalogue', () => {
    const tree = fc.jsonValue({ maxDepth: 4 });
    holds(
      fc.property(
        tree,
        fc.constantFrom('tags', 'personality', 'spot', 'block_devices', 'environments', 'x'),
        (value, key) => {
          survive(stringify(value));
          const lines = stringify({ [key]: value })
            .trimEnd()
            .replaceAll('\n', '\n    ');
          survive(catalogueWith(`    ${lines}`));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a good catalogue with pieces cut out, doubled or swapped', () => {
    const good = catalogueWith(
      '    tags: &t {a: 1}\n    personality: {x_url: "http://h"}\n    environments: {prod: {tags: *t}}',
    );
    holds(
      fc.property(fc.nat(good.length), fc.nat(30), fc.nat(good.length), (from, length, to) => {
        const piece = good.slice(from, from + length);
        survive(good.slice(0, from) + good.slice(from + length));
        survive(good.slice(0, to) + piece + good.slice(to));
      }),
      { numRuns: 1000 },
    );
  });
});
