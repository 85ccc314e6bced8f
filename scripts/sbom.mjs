import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';

/**
 * The software bill of materials of a bundle, as CycloneDX 1.6 in JSON. Scanners see no dependency in rolecall's
 * package.json, since all libraries are bundled. It has no date and no serial number: the same libraries give the same text.
 *
 * @param {{ name: string, version: string, license: string }} product  its package.json
 * @param {{ name: string, version: string, license: string, integrity: string }[]} libraries  what was bundled, with
 *   the `integrity` of package-lock.json: the SHA-512 of the package's tarball in base64
 * @returns {string}
 */
export function billOfMaterials(product, libraries) {
  const main = component(product, Enums.ComponentType.Application);
  const parts = libraries.map((library) => component(library, Enums.ComponentType.Library));
  for (const { bomRef } of parts) main.dependencies.add(bomRef);
  const bom = new Models.Bom({ components: new Models.ComponentRepository(parts) });
  bom.metadata.component = main;
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

const licences = new Contrib.License.Factories.LicenseFactory((text) => {
  throw new Error(`${text} is no SPDX licence`);
});

function component({ name, version, license, integrity }, type) {
  const [scope, plain] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const purl = `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`;
  return new Models.Component(type, plain, {
    group: scope,
    version,
    purl,
    bomRef: purl,
    licenses: new Models.LicenseRepository([licences.makeDisjunctive(license)]),
    hashes: new Models.HashDictionary(integrity === undefined ? [] : [sha512(integrity)]),
  });
}

/** package-lock.json has the hash in base64, CycloneDX in hexadecimal digits. */
function sha512(integrity) {
  const [, base64 = ''] = /^sha512-(\S+)$/.exec(integrity) ?? [];
  return [Enums.HashAlgorithm['SHA-512'], Buffer.from(base64, 'base64').toString('hex')];
}
