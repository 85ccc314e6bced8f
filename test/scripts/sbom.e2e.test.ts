import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { ROOT } from '../support/cli.ts';

interface Component {
  readonly purl: string;
  readonly 'bom-ref': string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly object[];
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
const bom = JSON.parse(readFileSync(join(ROOT, 'dist/sbom.cdx.json'), 'utf8'));
const components: readonly Component[] = bom.components;

/** CycloneDX's own schema, which its library brings. */
function schema(name: string): object {
  const library = dirname(
    createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json'),
  );
  return JSON.parse(readFileSync(join(library, 'res/schema', `${name}.SNAPSHOT.schema.json`), 'utf8'));
}

describe('the bill of materials', () => {
  test('is valid CycloneDX 1.6', () => {
    const base = 'http://cyclonedx.org/schema';
    const schemas = {
      [`${base}/spdx.SNAPSHOT.schema.json`]: schema('spdx'),
      [`${base}/jsf-0.82.SNAPSHOT.schema.json`]: schema('jsf-0.82'),
    };
    const ajv = new Ajv({ strict: false, validateFormats: false, schemas });
    const valid = ajv.compile(schema('bom-1.6'));
    expect({ valid: valid(bom), errors: valid.errors }).toEqual({ valid: true, errors: null });
    expect(valid({ ...bom, components: [{ name: 'without a type' }] })).toBe(false);
  });

  test('names each library once, with its licence and the hash of package-lock.json', () => {
    const purls = components.map(({ purl }) => purl);
    expect(new Set(purls).size).toBe(purls.length);
    for (const { purl, hashes, licenses } of components) {
      const [, name = '', version] = /^pkg:npm\/(.+)@(.+)$/.exec(decodeURIComponent(purl)) ?? [];
      const locked = Object.entries<{ version: string; integrity: string }>(packages).filter(
        ([path, entry]) => path.endsWith(`node_modules/${name}`) && entry.version === version,
      );
      const digests = locked.map(([, { integrity }]) =>
        Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex'),
      );
      expect(digests).toContain(hashes?.find(({ alg }) => alg === 'SHA-512')?.content);
      expect(licenses).toHaveLength(1);
    }
  });

  test('says that rolecall needs all of them, and holds no date', () => {
    const main = bom.dependencies.find(
      ({ ref }: { ref: string }) => ref === bom.metadata.component['bom-ref'],
    );
    expect([...main.dependsOn].sort()).toEqual(components.map((component) => component['bom-ref']).sort());
    expect(bom).not.toHaveProperty('serialNumber');
    expect(bom.metadata).not.toHaveProperty('timestamp');
  });
});
