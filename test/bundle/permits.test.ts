import { mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BundleParts, startedOnce } from '../../src/bundle/entries.ts';
import {
  outsideOf,
  type Permits,
  permittedEntries,
  refuseOutside,
  type Sources,
} from '../../src/bundle/permits.ts';
import { readModule } from '../../src/bundle/read-module.ts';
import { moduleIn, newFolder, refusal, write } from './support.ts';

let top: string;
let home: string;
beforeEach(() => {
  top = realpathSync(newFolder());
  home = join(top, 'repository/fleet');
  mkdirSync(home, { recursive: true });
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const NONE: Permits = { secrets: [], outside: [] };
const PRIVATE =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n';

describe('what lies outside of the repository', () => {
  const outside = async (...sources: Sources) => (await outsideOf(home, sources)).map(({ name }) => name);

  test('is what no path and no link inside of it leads to', async () => {
    mkdirSync(join(top, 'repository/.git'));
    write(join(top, 'repository/shared/site.conf'), 'x');
    write(join(top, '.ssh/id'), 'x');
    symlinkSync(join(top, '.ssh'), join(home, 'keys'));
    symlinkSync('../keys/id', join(mkdirs(join(home, 'conf')), 'site.conf'));
    symlinkSync('../shared', join(home, 'shared'));
    expect(
      await outside(
        ['inside', join(home, '../shared/site.conf')],
        ['a link that stays', join(home, 'shared/site.conf')],
        ['a link', join(home, 'keys/id')],
        ['a link to a link', join(home, 'conf/site.conf')],
        ['a linked folder', join(home, 'keys')],
        ['dots', join(home, '../../.ssh/id')],
        ['absolute', join(top, '.ssh')],
        ['above', top],
        ['a name beside', join(top, 'repository-2')],
        ['nothing there', join(top, 'nothing')],
      ),
    ).toEqual(['a link', 'a link to a link', 'a linked folder', 'dots', 'absolute', 'above']);
  });

  test('a worktree, whose .git is a file, is a repository; where there is none, it is the folder', async () => {
    write(join(top, 'repository/x'), 'x');
    write(join(home, '..x'), 'x');
    const sources = [
      ['x', join(top, 'repository/x')],
      ['dots in a name', join(home, '..x')],
    ] as const;
    expect(await outside(...sources)).toEqual(['x']);
    write(join(top, 'repository/.git'), 'gitdir: elsewhere\n');
    expect(await outside(...sources)).toEqual([]);
  });

  test('is refused with all its paths, unless each is let in; a permit that permits nothing is a mistake', async () => {
    const key = write(join(top, '.ssh/my key'), 'x');
    symlinkSync(join(top, '.ssh'), join(top, 'link'));
    const strangers = [
      { name: 'files.k', path: key },
      { name: 'the module web', path: join(top, 'web') },
    ];
    const said = (outside: readonly string[]) => refusal(refuseOutside(strangers, { secrets: [], outside }));
    expect(await said([])).toBe(
      `usage: these lie outside of the catalogue's repository, and machines would get them:\n  files.k is ${key}\n  the module web is ${top}/web\nif they may: --allow-outside '${key}' --allow-outside ${top}/web`,
    );
    expect(await said([key])).toContain('the module web is');
    expect(await said([key])).not.toContain('files.k');
    expect(await said([join(top, 'link'), join(top, 'web')])).toBe('nothing was refused');
    expect(await said([top])).toBe('nothing was refused');
    expect(await said([top, home])).toMatch(
      /^usage: --allow-outside \S+fleet: the role takes nothing from there/,
    );
  });
});

describe('what looks like a secret', () => {
  const pack = async (parts: Partial<BundleParts>, permits: Partial<Permits> = {}, secret: string[] = []) => {
    const whole = { modules: [], values: new Map(), files: {}, library: {}, ...parts };
    for await (const entry of permittedEntries(whole, { ...NONE, ...permits }, new Set(secret)))
      if (entry.kind === 'file') for await (const _chunk of entry.content);
  };
  const holding = (name: string, value: string) => ({ values: new Map([['web', [[name, value] as const]]]) });

  test('in files, by name and by content, in the files of modules and in values, is refused at once', async () => {
    const files = {
      'tls/site.key': write(join(home, 'site.key'), PRIVATE),
      ssh: join(write(join(home, 'ssh/id_ed25519'), 'x'), '..'),
      'plain.conf': write(join(home, 'plain.conf'), 'nothing of interest\n'),
    };
    write(join(moduleIn(home, 'web'), '.env'), 'DEBUG=1\n');
    const module = await readModule(join(home, 'web'), 'modules/web', 'own');
    const parts = { files, modules: startedOnce([module]), ...holding('web_tls', PRIVATE) };
    const all = ['variables.web_tls', 'files/ssh/id_ed25519', 'files/tls/site.key', 'web/.env'];
    expect(await refusal(pack(parts))).toBe(
      `usage: these look like secrets, and every process of the machines could use them:
  variables.web_tls holds a private key
  files/ssh/id_ed25519 is named as a private key of ssh
  files/tls/site.key holds a private key
  web/.env is an environment file
leave them out, or say that they may be in it: ${all.map((name) => `--allow-secret ${name}`).join(' ')}`,
    );
    expect(await refusal(pack(parts, { secrets: all.slice(1) }))).toContain('variables.web_tls holds');
    expect(await refusal(pack(parts, { secrets: all }))).toBe('nothing was refused');
    expect(await refusal(pack(parts, { secrets: [...all, 'files/plain.conf'] }))).toMatch(
      /^usage: --allow-secret files\/plain.conf: nothing of the bundle/,
    );
  });

  test.each([
    ['an access key id', 'x', 'key AKIAIOSFODNN7EXAMPLE', 'an AWS access key id'],
    [
      'a secret key beside its name',
      'aws_secret',
      'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'an AWS secret access key',
    ],
    ['PuTTY', 'x', 'PuTTY-User-Key-File-3: ssh-ed25519\n', 'a private key'],
    ['PGP', 'x', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n', 'a private key'],
    ['a name of every object', 'constructor', PRIVATE, 'a private key'],
  ])('in a value: %s', async (_what, name, value, found) => {
    expect(await refusal(pack(holding(name, value)))).toContain(`variables.${name} holds ${found}`);
  });

  test('a password that is declared to be secret may be of any shape, but is no private key', async () => {
    const password = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    expect(await refusal(pack(holding('db_password', password), {}, ['db_password']))).toBe(
      'nothing was refused',
    );
    expect(await refusal(pack(holding('db_password', PRIVATE), {}, ['db_password']))).toContain(
      'a private key',
    );
  });

  test('names with newlines and dashes at their beginning are told as what they are', async () => {
    const odd = join(write(join(home, 'odd/-r\nf/.netrc'), 'x'), '../..');
    expect(await refusal(pack({ files: { odd } }))).toContain("--allow-secret 'files/odd/-r\nf/.netrc'");
  });
});

function mkdirs(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
