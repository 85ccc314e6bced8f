import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { listRoles } from '../../src/catalogue/catalogue.ts';
import { faultDocuments, formatFaults } from '../../src/yaml/faults.ts';
import { expectGolden } from '../support/golden.ts';
import { catalogueWith, faultsOf, parsed } from './sample.ts';

const golden = (name: string) => new URL(`../golden/catalogue/${name}`, import.meta.url);

/** Each fault as `line:column message | expected | suggestion`. */
const brief = (text: string): string[] =>
  faultsOf(text).map(({ line, column, message, expected, suggestion }) =>
    [`${line}:${column} ${message}`, expected, suggestion].filter((part) => part !== undefined).join(' | '),
  );

describe('parseCatalogue', () => {
  test('tells what commands want to know', () => {
    const catalogue = parsed(
      catalogueWith(
        '    description: Web server',
        'local_image: {overlay: image, packages: [nginx], network: true}',
      ),
    );
    expect(catalogue).toMatchObject({
      name: 'shop',
      region: 'eu-central-1',
      environments: ['prod', 'staging'],
      contexts: ['a', 'b'],
      roles: [{ name: 'web', description: 'Web server' }],
      localImage: { overlay: 'image', packages: ['nginx'], network: true },
      label: 'roles.yaml',
    });
    expect(listRoles(catalogue)).toEqual([
      { name: 'web', description: 'Web server', environments: ['prod', 'staging'], contexts: ['a', 'b'] },
    ]);
  });

  test('tells the apps, the bucket and the prefix, with a slash at its end', () => {
    const top = `bucket: shop-rolecall
prefix: teams/shop
apps:
  shop: {repository: ../shop, path: dist, command: make dist, compression: zstd}
  blog:`;
    expect(parsed(catalogueWith('', top))).toMatchObject({
      bucket: 'shop-rolecall',
      prefix: 'teams/shop/',
      apps: [
        { name: 'shop', repository: '../shop', path: 'dist', command: 'make dist', compression: 'zstd' },
        { name: 'blog', compression: 'gzip' },
      ],
    });
    expect(parsed(catalogueWith(''))).toMatchObject({ prefix: '', apps: [] });
  });

  test.each(['123456789012', '012345678901', '000000000000'])('the owner of the bucket: %s', (owner) => {
    expect(parsed(catalogueWith('', `bucket_owner: "${owner}"`))).toMatchObject({ bucketOwner: owner });
  });

  // Without quotes it is a number, and YAML drops zeros before it.
  test.each([
    '123456789012',
    '012345678901',
    '"12345678901"',
    '"1234567890123"',
    '"12345678901a"',
    'null',
    '""',
  ])('no owner of a bucket: %s', (written) => {
    const [fault] = faultsOf(catalogueWith('', `bucket_owner: ${written}`));
    const expected = 'the id of an AWS account: 12 digits, in quotes';
    expect(fault).toMatchObject({ path: 'bucket_owner', expected });
  });

  test.each(['/etc', '../x', 'a/../b', '..', 'a/..'])('the path of an app stays inside: %s', (path) => {
    const [fault] = faultsOf(catalogueWith('', `apps: {shop: {path: "${path}"}}`));
    expect(fault?.path).toBe('apps.shop.path');
    expect(faultsOf(catalogueWith('', 'apps: {shop: {path: "a/..b/c"}}'))).toEqual([]);
  });

  test('the hash is that of the bytes: sha256sum of the file', () => {
    const text = readFileSync(golden('hashed.yaml'), 'utf8');
    // Made by sha256sum.
    expect(parsed(text).sha256).toBe(readFileSync(golden('hashed.sha256'), 'utf8').slice(0, 64));
  });

  test('every fault of a bad catalogue at once, as people see them', () => {
    const text = formatFaults(faultsOf(readFileSync(golden('faults.yaml'), 'utf8')));
    expectGolden('catalogue/faults.txt', `${text}\n`);
  });

  test('a fault as data', () => {
    expect(faultDocuments(faultsOf(catalogueWith('    instnce_type: t3.micro')))).toEqual([
      {
        file: 'roles.yaml',
        line: 11,
        column: 5,
        path: 'roles.web.instnce_type',
        message: 'unknown key "instnce_type" in roles.web',
        expected: expect.stringContaining('instance_type'),
        suggestion: 'instance_type',
      },
    ]);
  });

  test.each([
    ['a name that is no path', 'name: a/b', '2:7 name is not valid'],
    ['a version from the future', 'version: 2', '1:10 version is not valid'],
    ['a region that is none', 'region: Frankfurt', '3:9 region is not valid'],
    ['an AMI id that is none', 'ami: ami-xyz', '4:6 ami is not valid'],
    [
      'an environment that is no path',
      'environments: {"pr/od": }',
      '5:16 "pr/od" in environments is not a name of 1 to 64 letters, digits and . _ - that begins with a letter or digit',
    ],
    ['no environment', 'environments: {}', '5:15 environments is empty'],
    ['a list for a map', 'contexts: [a, b]', '6:11 contexts must be a map, not a list'],
  ])('%s', (_name, line, fault) => {
    const key = line.slice(0, line.indexOf(':'));
    const text = catalogueWith('').replace(new RegExp(`^${key}:.*$`, 'm'), line);
    expect(brief(text).map((found) => found.split(' | ')[0])).toEqual([fault]);
  });

  test.each([
    ['an unknown key', 'memory: 1', '11:5 unknown key "memory" in roles.web'],
    [
      'text for a number',
      'block_devices: [{device: sdf, size_gb: "20"}]',
      '11:44 roles.web.block_devices[0].size_gb must be a number, not text',
    ],
    [
      'a fraction for a whole number',
      'block_devices: [{device: sdf, size_gb: 1.5}]',
      '11:44 roles.web.block_devices[0].size_gb is not valid',
    ],
    [
      'a device without a name',
      'block_devices: [{size_gb: 2}]',
      '11:21 the key "device" is missing in roles.web.block_devices[0]',
    ],
    [
      'a device named twice',
      'block_devices: [{device: sdf}, {device: sdf}]',
      '11:36 roles.web.block_devices names sdf twice',
    ],
    [
      'text for a list',
      'security_groups: sg-01234567',
      '11:22 roles.web.security_groups must be a list, not text',
    ],
    ['text for true or false', 'spot: yes', '11:11 roles.web.spot must be true or false, not text'],
    ['a duration in words', 'timeout: 10 minutes', '11:14 roles.web.timeout is not valid'],
    ['a duration of nothing', 'timeout: 0s', '11:14 roles.web.timeout is not valid'],
    [
      'a broken pattern',
      'success: "(("',
      "11:14 roles.web.success is no regular expression of RE2's syntax: missing closing ): `((`",
    ],
    [
      'a pattern that always matches',
      'success: ".*"',
      '11:14 roles.web.success matches the empty line, and so every console',
    ],
    [
      'a pattern that looks behind itself',
      "failure: '(?<!not )ready'",
      "11:14 roles.web.failure is no regular expression of RE2's syntax: it looks around, as (?=x) and (?<!x) do, which RE2 can't match in linear time",
    ],
    [
      'a pattern that refers back',
      "failure: '(a|b)\\1'",
      "11:14 roles.web.failure is no regular expression of RE2's syntax: it refers back to a group, as \\1 does, which RE2 can't match in linear time",
    ],
    [
      'a key that is ours',
      'personality: {rolecall_nonce: x}',
      '11:19 "rolecall_nonce" in roles.web.personality is set by rolecall itself',
    ],
    [
      'a key that operators name',
      'personality: {role: x}',
      '11:19 "role" in roles.web.personality is set by rolecall itself',
    ],
    [
      'an upper-case key',
      'personality: {Port: 1}',
      '11:19 "Port" in roles.web.personality can\'t be a key here',
    ],
    [
      'a value that shells read',
      'personality: {x: "a$b"}',
      "11:22 roles.web.personality.x holds $, which a personality can't",
    ],
    [
      'a newline in a value',
      'personality: {x: "a\\nb"}',
      "11:22 roles.web.personality.x holds U+000A, which a personality can't",
    ],
    [
      'a letter beyond ASCII',
      'personality: {x: é}',
      "11:22 roles.web.personality.x holds U+00E9, which a personality can't",
    ],
    ['a space at an end', 'personality: {x: "a "}', '11:22 roles.web.personality.x has a space at an end'],
    [
      'a machine_id that is no path',
      'personality: {machine_id: ../x}',
      '11:31 roles.web.personality.machine_id is not valid',
    ],
    [
      'a space in a URL',
      'personality: {a_url: "http://x/a b"}',
      "11:26 roles.web.personality.a_url holds U+0020, which a personality can't",
    ],
    ["a tag of AWS's", 'tags: {"aws:x": 1}', '11:12 "aws:x" in roles.web.tags is AWS\'s own'],
    [
      'a tag of ours',
      'tags: {"rolecall:role": x}',
      '11:12 "rolecall:role" in roles.web.tags is set by rolecall itself',
    ],
    [
      'a long tag key',
      `tags: {${'k-'.repeat(65)}: 1}`,
      `11:12 "${'k-'.repeat(30)}…" in roles.web.tags can't be a key here`,
    ],
    ['a long tag value', `tags: {k: ${'v'.repeat(257)}}`, '11:15 roles.web.tags.k is not valid'],
    ['a setting of the top level', 'region: eu-west-1', '11:5 unknown key "region" in roles.web'],
    [
      'an environment that there is not',
      'environments: {pord: {}}',
      '11:20 roles.web.environments names "pord", which the catalogue\'s environments lack',
    ],
    [
      'a context that there is not',
      'contexts: {c: }',
      '11:16 roles.web.contexts names "c", which the catalogue\'s contexts lack',
    ],
    [
      'a key that stands twice, once as a number',
      'tags: {1: a, "1": b}',
      '11:18 this key stands twice in its map',
    ],
    ['a key that is a list', '? [a]\n    : 1', '11:7 this key is no text'],
    [
      'an alias without anchor',
      'key_name: *none',
      '11:15 no finished value before this is anchored as &none',
    ],
    ['a merge of text', '<<: x', '11:9 a merge key (<<) can take only maps'],
    ['a tag of YAML', 'key_name: !env KEY', '11:15 unresolved tag: !env'],
  ])('%s', (_name, line, fault) => {
    expect(brief(catalogueWith(`    ${line}`)).map((found) => found.split(' | ')[0])).toEqual([fault]);
  });

  test.each([
    'region',
    'ami',
    'bucket',
    'bucket_owner',
    'prefix',
    'beacons',
    'apps',
    'modules_folder',
    'local_image',
  ])('%s in a role: it is a setting of the top level', (key) => {
    const [fault] = faultsOf(catalogueWith(`    ${key}: x`));
    expect(fault).toMatchObject({
      message: `unknown key "${key}" in roles.web`,
      expected: 'it at the top level of the catalogue',
    });
  });

  test('39 tags fit beside ours, 40 do not', () => {
    const tags = (count: number) =>
      catalogueWith(`    tags: {${Array.from({ length: count }, (_, index) => `t${index}: 1`).join(', ')}}`);
    expect(brief(tags(39))).toEqual([]);
    expect(brief(tags(40))).toEqual(['11:11 roles.web.tags has 40 entries | at most 39']);
  });

  test('a key that stands twice is told together with other faults', () => {
    expect(brief(catalogueWith('    zone: eu-central-1a\n    zone: eu-central-1b\n    memory: 1'))).toEqual([
      '12:5 this key stands twice in its map | each key once',
      expect.stringMatching(/^13:5 unknown key "memory"/),
    ]);
  });

  test('broken YAML is told alone: what follows would be guesses', () => {
    expect(brief('version: 1\nname: [a\nmemory: 1\n')).toEqual([expect.stringMatching(/^3:1 broken YAML: /)]);
  });

  test.each([
    ['nothing', '', '1:1 the catalogue is empty'],
    ['only a comment', '# roles\n', '1:1 the catalogue is empty'],
    ['text', 'hello', '1:1 the catalogue must be a map, not text'],
    ['a list', '- a', '1:1 the catalogue must be a map, not a list'],
    ['a tab', 'defaults:\n\tzone: x', '2:1 a tab as indentation'],
    ['two documents', `${catalogueWith('')}---\na: 1\n`, '12:1 a second YAML document'],
    ['a directive for YAML 1.1', `%YAML 1.1\n---\n${catalogueWith('')}`, '1:1 a %YAML 1.1 directive'],
    ['too much text', `# ${'x'.repeat(600_000)}`, '1:1 the catalogue is too large'],
  ])('%s in place of a catalogue', (_name, text, fault) => {
    expect(brief(text)[0]?.split(' | ')[0]).toBe(fault);
  });

  test('an empty map lacks every required key', () => {
    expect(faultsOf('{}').map(({ path }) => path)).toEqual([
      'version',
      'name',
      'environments',
      'contexts',
      'roles',
    ]);
  });

  test('a mark of byte order and CRLF are no faults, and shift no column', () => {
    const text = `\ufeff${catalogueWith('    memory: 1')}`.replaceAll('\n', '\r\n');
    expect(faultsOf(text)).toMatchObject([{ line: 11, column: 5, sourceLine: '    memory: 1' }]);
    expect(faultsOf(`\ufeff${catalogueWith('').replaceAll('\n', '\r\n')}`)).toEqual([]);
  });

  test('a tab before the spot stays one under it, so that the caret fits', () => {
    expect(formatFaults(faultsOf(catalogueWith('    tags:\t{x: [1]}')))).toContain(
      '    tags:\t{x: [1]}\n     |          \t    ^',
    );
  });

  test('control characters of the file never reach the terminal', () => {
    const text = formatFaults(faultsOf(catalogueWith('    key_name: "\\u0007"  # \u009b31m')));
    expect(text).toContain('roles.web.key_name is not valid');
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('a line of megabytes is shown as the part around the spot', () => {
    const text = formatFaults(faultsOf(catalogueWith(`    tags: {k: ${'v'.repeat(100_000)}}`)));
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(130);
    expect(text).toContain('^');
  });
});

describe('anchors, aliases and merge keys', () => {
  test('a merge gives what the map itself does not, with the place where it was written', () => {
    const text = catalogueWith(
      '    <<: *small\n    timeout: 1m',
      'defaults: &small {key_name: ops, timeout: 9m}',
    );
    expect(brief(text)).toEqual([]);
    const web = parsed(text).root.entries.get('roles')?.value;
    const role = web?.kind === 'map' ? web.entries.get('web')?.value : undefined;
    const entries = role?.kind === 'map' ? role.entries : new Map();
    expect(entries.get('timeout')?.value).toMatchObject({ text: '1m', at: { source: { line: 12 } } });
    expect(entries.get('key_name')?.value).toMatchObject({ text: 'ops', at: { source: { line: 7 } } });
  });

  test('of a list of merges the earlier wins', () => {
    const text = catalogueWith(
      '    <<: [*one, *two]',
      'defaults:\n  <<: &one {key_name: one}\n  tags: &t {a: 1}\n  personality: &p {a: 1}',
    ).replace('contexts: {a: , b: }', 'contexts: {a: &two {key_name: two, zone: eu-central-1a}, b: }');
    expect(brief(text)).toEqual([]);
  });

  test('a fault in an anchored value is told once, where it was written', () => {
    const text = catalogueWith('    environments: {prod: *x, staging: *x}', 'defaults: &x {timeout: never}');
    expect(brief(text)).toEqual([
      expect.stringMatching(/^7:24 .*timeout is not valid/),
      ...brief(text).slice(1),
    ]);
    expect(brief(text).every((fault) => fault.startsWith('7:24 '))).toBe(true);
  });

  test('an alias of what holds it is a fault, not a hang', () => {
    expect(brief(catalogueWith('    tags: &t {a: *t}'))[0]).toMatch(
      /^11:18 no finished value before this is anchored as &t/,
    );
  });

  test('a bomb of aliases of aliases is a fault', () => {
    const lines = Array.from(
      { length: 30 },
      (_, n) => `  k${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}, *a${n}]`,
    );
    expect(brief(`bomb:\n  k0: &a0 [x]\n${lines.join('\n')}\n`)[0]).toMatch(/holds more than 50000 values/);
  });

  test('a nest deeper than any catalogue is a fault', () => {
    expect(brief(`a: ${'['.repeat(60)}${']'.repeat(60)}`)[0]).toMatch(/nested more than 40 levels deep/);
  });
});

describe('secrets', () => {
  const id = `AKIA${'IOSFODNN7EXAMPLE'}`;
  const secret = `wJalrXUtnFEMI/K7MDENG/${'bPxRfiCYEXAMPLEKEY'}`;

  test.each([
    [
      'an access key id in the personality',
      `personality: {x: ${id}}`,
      'roles.web.personality.x holds an AWS access key id',
    ],
    ['in a tag', `tags: {x: "a ${id} b"}`, 'roles.web.tags.x holds an AWS access key id'],
    ['in the description', `description: ${id}`, 'roles.web.description holds an AWS access key id'],
    ['in a key', `tags: {${id}: x}`, 'roles.web.tags holds an AWS access key id'],
    [
      'a temporary one in a URL',
      `personality: {a_url: "http://x/?X-Amz-Credential=ASIA${id.slice(4)}"}`,
      'roles.web.personality.a_url holds an AWS access key id',
    ],
    [
      'a secret key beside its name',
      `personality: {my_secret: ${secret}}`,
      'roles.web.personality.my_secret holds an AWS secret access key',
    ],
    [
      'a secret key in text that names it',
      `description: "aws_secret_access_key = ${secret}"`,
      'roles.web.description holds an AWS secret access key',
    ],
    [
      'a private key',
      'description: "-----BEGIN RSA PRIVATE KEY-----\\nMIIE"',
      'roles.web.description holds a private key',
    ],
  ])('%s is a fault that does not print it', (_name, line, message) => {
    const faults = faultsOf(catalogueWith(`    ${line}`));
    expect(faults.map((fault) => fault.message)).toContain(message);
    const shown = formatFaults(faults) + JSON.stringify(faultDocuments(faults)) + JSON.stringify(faults);
    expect(shown).not.toContain(id.slice(4));
    expect(shown).not.toContain(secret);
  });

  test('blacked out with the columns kept', () => {
    const text = formatFaults(faultsOf(catalogueWith(`    personality: {x: ${id}, Y: 1}`)));
    expect(text).toContain(
      `    personality: {x: ${'*'.repeat(20)}, Y: 1}\n     |                                            ^`,
    );
  });

  test('a git commit beside a name like key is none', () => {
    expect(
      brief(catalogueWith('    personality: {key_commit: 0123456789abcdef0123456789abcdef01234567}')),
    ).toEqual([]);
  });

  test('other faults in a line with a password do not print it', () => {
    expect(formatFaults(faultsOf(catalogueWith('    personality: {db_password: "hunter2$"}')))).not.toContain(
      'hunter2',
    );
  });
});
