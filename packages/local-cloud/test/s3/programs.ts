import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../../../../test/support/cli.ts';

/** A program that works on the store of a folder in a process of its own. @returns its path */
export async function storeProgram(folder: string, text: string): Promise<string> {
  const path = join(folder, `program-${Math.random().toString(36).slice(2)}.cjs`);
  const contents = `import { ObjectStore } from '${ROOT}packages/local-cloud/src/s3/store.ts';
import { Uploads } from '${ROOT}packages/local-cloud/src/s3/uploads.ts';
const open = () => ObjectStore.open(${JSON.stringify(join(folder, 's3'))}, undefined, { now: () => Date.now() });
const inline = (key, text) => ({ key, size: text.length, etag: String(Math.random()), checksums: {}, checksumType: 'FULL_OBJECT',
  headers: {}, publicRead: false, modifiedAt: Date.now(), content: { kind: 'inline', base64: Buffer.from(text).toString('base64') } });
${text}`;
  await build({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
  return path;
}

export const start = (path: string): ChildProcess =>
  spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
export const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('close', (code) => resolve(code)));
