import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { CatalogueError } from '../../src/catalogue/catalogue.ts';
import { parseCatalogue } from '../../src/catalogue/parse.ts';
import type { Fault } from '../../src/yaml/faults.ts';

/** The least that a catalogue must have, with a role `web` whose lines are given (indented by four). */
export const catalogueWith = (roleLines: string, topLines = ''): string => `version: 1
name: shop
region: eu-central-1
ami: ami-0123456789abcdef0
environments: {prod: , staging: }
contexts: {a: , b: }
${topLines}
roles:
  web:
    instance_type: t3.micro
${roleLines}
`;

export function parsed(text: string): Catalogue {
  const result = parseCatalogue(text, 'roles.yaml');
  if (!result.ok) throw new CatalogueError(result.faults);
  return result.catalogue;
}

export function faultsOf(text: string): readonly Fault[] {
  const result = parseCatalogue(text, 'roles.yaml');
  return result.ok ? [] : result.faults;
}
