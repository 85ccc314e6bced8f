import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { packageRoot } from '../src/files/package-root.ts';

const ROOT = packageRoot();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((path) => existsSync(join(ROOT, path)));
const settings = JSON.parse(read('package.json'));

/** `a/{b,c}.ts` as `a/b.ts` and `a/c.ts`. */
const spread = (path: string): string[] => {
  const [, before = '', list, after = ''] = /^(.*?)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  return list === undefined ? [path] : list.split(',').flatMap((part) => spread(before + part + after));
};

/** The paths that a page names in code, from the repository's root; words in capitals stand for any name. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`([\w.@-]+(?:\/[\w.{},*@-]+)*\/?)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => path.includes('/') || /\.(?:ts|mjs|sh|json|yaml|md)$/.test(path))
    .flatMap(spread);

/** Whether a path, where `*` and names in capitals stand for anything, is a file or a folder. */
function exists(path: string): boolean {
  const any = path.replaceAll(/[.+()]/g, '\\$&').replaceAll(/\*|\b[A-Z]{2,}\b/g, '[^/]+');
  return existsSync(join(ROOT, path)) || files.some((file) => new RegExp(`^${any}(?:/|$)`).test(file));
}

describe('pages for contributors', () => {
  const pages = files.filter((path) => path === 'CONTRIBUTING.md' || path === 'docs/architecture.md');

  test('a path that is not there is found', () => {
    expect(pathsIn('`src/cli/{main,nowhere}.ts` and `nothing.json`').filter((path) => !exists(path))).toEqual(
      ['src/cli/nowhere.ts', 'nothing.json'],
    );
  });

  test.each(pages)('%s names only paths that exist', (page) => {
    const named = pathsIn(read(page));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });

  test.each(pages)('%s names only scripts of package.json', (page) => {
    const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in settings.scripts))).toEqual([]);
  });

  test('every link of a page leads to a file', () => {
    const links = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((page) =>
        [...read(page).matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, to = '']) => ({
          page,
          to: join(dirname(page), to),
        })),
      );
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter(({ to }) => !existsSync(join(ROOT, to)))).toEqual([]);
  });

  test('every decision stands in the list of decisions', () => {
    const records = files.filter((path) => /^docs\/adr\/\d/.test(path)).map((path) => path.split('/').at(-1));
    const listed = [...read('docs/adr/README.md').matchAll(/^\d+\. \[.+\]\((.+)\)$/gm)].map(
      ([, name]) => name,
    );
    expect(listed).toEqual(records.sort());
  });
});

describe('settings of the repository', () => {
  test('.nvmrc is the oldest Node that the package runs on', () => {
    expect(settings.engines.node).toBe(`>=${read('.nvmrc').trim()}`);
  });

  /** The SDK's packages in a lock that don't accept the oldest Node; they name it as `>=A.B.C`. */
  const tooNew = (packages: Record<string, { engines?: { node?: string } }>): string[] => {
    const oldest = `${read('.nvmrc').trim()}.0`;
    return Object.keys(packages).filter((path) => {
      const [, from] = /^>=([\d.]+)$/.exec(packages[path]?.engines?.node ?? '') ?? [];
      return from === undefined || from.localeCompare(oldest, 'en', { numeric: true }) > 0;
    });
  };

  test('a package that needs a newer Node is found', () => {
    const packages = ['>=20.0.0', '>=20.19.0', '>=18', '>=20.20.0', '>=22.0.0', '22 || 24'].map(
      (node) => [node, { engines: { node } }] as const,
    );
    expect(tooNew({ ...Object.fromEntries(packages), nothing: {} })).toEqual([
      '>=20.20.0',
      '>=22.0.0',
      '22 || 24',
      'nothing',
    ]);
  });

  test('the AWS SDK runs on the oldest Node, and no install takes another version of it', () => {
    const { packages } = JSON.parse(read('package-lock.json'));
    const sdk = Object.keys(packages).filter((path) =>
      /(?:^|\/)node_modules\/@(?:aws-sdk|aws|smithy)\//.test(path),
    );
    expect(sdk.length).toBeGreaterThan(10);
    expect(tooNew(Object.fromEntries(sdk.map((path) => [path, packages[path]])))).toEqual([]);
    const named = Object.entries(settings.devDependencies).filter(([name]) => name.startsWith('@aws-sdk/'));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(String(range)))).toEqual([]);
  });

  test('the workflow runs .ci/run on that Node, and may only read', () => {
    const { permissions, jobs } = parse(read('.github/workflows/ci.yml'));
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.keys(jobs)).toEqual(['ci']);
    expect(jobs.ci.steps).toContainEqual({
      uses: 'actions/setup-node@v4',
      with: { 'node-version-file': '.nvmrc', cache: 'npm' },
    });
    expect(jobs.ci.steps.at(-1)).toEqual({ run: 'bash .ci/run' });
  });

  const forms = files.filter((path) => /^\.github\/ISSUE_TEMPLATE\/(?!config)/.test(path));

  test.each(forms)('%s is an issue form', (path) => {
    // https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
    const form = parse(read(path));
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    const asked = form.body.filter(({ type }: { type: string }) => type !== 'markdown');
    for (const field of asked) {
      expect(['input', 'textarea', 'dropdown', 'checkboxes']).toContain(field.type);
      expect(field).toMatchObject({
        id: expect.stringMatching(/^[\w-]+$/),
        attributes: { label: expect.any(String) },
      });
    }
    expect(new Set(asked.map(({ id }: { id: string }) => id)).size).toBe(asked.length);
    expect(asked.length).toBeGreaterThan(0);
  });

  test('goldens reach a checkout byte for byte, and the changelog merges both sides', () => {
    const attributes = (path: string, ...names: string[]) =>
      execFileSync('git', ['check-attr', ...names, path], { cwd: ROOT, encoding: 'utf8' });
    expect(attributes('test/golden/report/plan.txt', 'text')).toContain('text: unset');
    expect(attributes('CHANGELOG.md', 'merge')).toContain('merge: union');
    expect(attributes('templates/rc.local', 'eol')).toContain('eol: lf');
  });

  test('tests write goldens by one variable', () => {
    const others = files.filter(
      (path) => path.endsWith('.ts') && /env\['UPDATE_(?!GOLDENS')/.test(read(path)),
    );
    expect(others).toEqual([]);
  });
});
