import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real git repository in a folder of its own. */
export interface Repository {
  readonly path: string;
  git(...args: string[]): string;
  write(name: string, text: string | Buffer, mode?: number): void;
  link(name: string, target: string): void;
  /** Commits all that is there; the commit. */
  commit(message?: string): string;
  dispose(): void;
}

export function repository(): Repository {
  const path = mkdtempSync(join(tmpdir(), 'rolecall-repository-'));
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: path,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Ann');
  git('config', 'user.email', 'ann@example.com');
  const at = (name: string) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  return {
    path,
    git,
    write: (name, text, mode = 0o644) => {
      writeFileSync(at(name), text);
      chmodSync(at(name), mode);
    },
    link: (name, target) => symlinkSync(target, at(name)),
    commit: (message = 'change') => {
      git('add', '--all', '--force');
      git('commit', '--quiet', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    dispose: () => rmSync(path, { recursive: true, force: true }),
  };
}
