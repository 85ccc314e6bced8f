// Writes the types of the public API: the declarations that src/index.ts names, and no others.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** @param root the package's folder @param folder where they are written */
export function writeTypes(root, folder) {
  const made = mkdtempSync(join(root, '.dist-types-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const words = [tsc, '-p', 'tsconfig.types.json', '--outDir', made];
    execFileSync(process.execPath, words, { cwd: root, stdio: ['ignore', 2, 2] });
    const open = ['index.d.ts'];
    const named = new Set(open);
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(join(made, path), target);
      for (const [, to] of readFileSync(target, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
        const next = normalize(join(dirname(path), to)).replace(/\.[jt]s$/, '.d.ts');
        if (!named.has(next)) open.push(next);
        named.add(next);
      }
    }
  } finally {
    rmSync(made, { recursive: true });
  }
}
