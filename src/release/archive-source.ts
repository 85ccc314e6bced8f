import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, entriesOfFolder, entriesOfTar } from '../archive/entries.ts';
import { UsageError } from '../errors.ts';
import { removeOwnFolder } from '../files/own-folder.ts';
import { noRoomIn, scratchFolder } from '../files/scratch.ts';
import { type Archived, archiveEntries } from './archive.ts';
import type { AttributedFile } from './attributes.ts';
import type { BuildPlan, BuildTools } from './build-plan.ts';
import { exportOf } from './export.ts';
import type { Source } from './git.ts';
import { LfsFiles } from './lfs.ts';

/** Characters that are read of what tar says. */
const MAX_SAID = 64 * 1024;

/** How a source becomes an archive. */
interface ArchiveOptions extends BuildTools {
  /** The build's tag, for its command; undefined for a work tree with changes. */
  readonly tag: string | undefined;
  /** Path of the archive. */
  readonly draft: string;
}

/** Writes a source's files, or what the build command makes of them, as an archive. @throws UsageError */
export async function archiveSource(
  plan: BuildPlan,
  source: Source,
  attributed: readonly AttributedFile[],
  { tag, draft, signal, onOutput }: ArchiveOptions,
): Promise<Archived> {
  const paths = attributed.flatMap(({ path, filter }) => (filter === 'lfs' ? [path] : []));
  const lfs = await LfsFiles.open(source.repository, paths);
  if (plan.command === undefined) return await archiveTree(plan, source, lfs, draft, signal);
  const folder = await scratchFolder();
  try {
    await exportTo(source, folder);
    await lfs.fillFolder(folder);
    lfs.refuseMissing(source.commit);
    await runCommand(plan.command, folder, commandEnv(plan, source, tag), { signal, onOutput });
    return await archiveEntries(await entriesBelow(folder, plan.path), plan.compression, draft, signal);
  } finally {
    await removeOwnFolder(folder);
  }
}

async function archiveTree(
  { path, compression }: BuildPlan,
  source: Source,
  lfs: LfsFiles,
  draft: string,
  signal: AbortSignal,
): Promise<Archived> {
  const tar = exportOf(source, path);
  try {
    const entries = lfs.fill(entriesOfTar(tar.stream, path), path === undefined ? '' : `${path}/`);
    const archived = await archiveEntries(entries, compression, draft, signal);
    await tar.done;
    lfs.refuseMissing(source.commit);
    return archived;
  } catch (error) {
    // Where git has failed, its reason is the better one.
    tar.stream.destroy();
    await tar.done;
    throw error;
  } finally {
    tar.stop();
  }
}

/** Unpacks the commit into an empty folder. */
async function exportTo(source: Source, folder: string): Promise<void> {
  const tar = exportOf(source, undefined);
  const { TAR_OPTIONS: _, ...rest } = process.env;
  const env = { ...rest, LC_ALL: 'C' };
  const unpack = spawn('tar', ['-xf', '-', '-C', folder], { env, stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  unpack.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    if (said.length < MAX_SAID) said += chunk;
  });
  const unpacked = new Promise<void>((resolve, reject) => {
    unpack.once('error', reject);
    unpack.once('close', (code) =>
      code === 0 ? resolve() : reject(noRoomIn(folder, said) ?? cannotUnpack(folder, said)),
    );
  });
  // Tar may close its input before git has sent the padding at the end: what counts is how the two of them end.
  const feeding = pipeline(tar.stream, unpack.stdin).catch(() => undefined);
  await Promise.all([feeding, tar.done, unpacked]);
}

const cannotUnpack = (folder: string, said: string): UsageError =>
  new UsageError(`the commit can't be unpacked in ${folder}: ${said.trim().split('\n')[0]}`, {
    hint: 'set TMPDIR to a folder on a file system that holds all files of the commit',
  });

const commandEnv = (plan: BuildPlan, { commit, committedAt }: Source, tag: string | undefined) => ({
  ROLECALL_APP: plan.app,
  ROLECALL_TAG: tag ?? '',
  ROLECALL_COMMIT: commit,
  // https://reproducible-builds.org/specs/source-date-epoch/
  SOURCE_DATE_EPOCH: String(Math.floor(committedAt / 1000)),
});

async function entriesBelow(folder: string, path: string | undefined): Promise<AsyncIterable<Entry>> {
  const root = path === undefined ? folder : join(folder, path);
  const found = await stat(root).catch(() => undefined);
  if (found?.isDirectory()) return entriesOfFolder(root);
  throw new UsageError(`the build command left no folder ${path}`, {
    hint: 'check `path` of the app in the catalogue: it is taken after the command has run',
  });
}

const LAST_LINES = 10;

/** Runs a build command by bash in a folder. @throws UsageError with its last lines when it fails */
async function runCommand(
  command: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  { signal, onOutput }: { readonly signal: AbortSignal; readonly onOutput: (chunk: Buffer) => void },
): Promise<void> {
  // Whoever was interrupted before is told nothing by the event.
  signal.throwIfAborted();
  let last = '';
  const child = spawn('bash', ['-euo', 'pipefail', '-c', command], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it has started ends with it.
    detached: true,
  });
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', end, { once: true });
  const take = (chunk: Buffer) => {
    onOutput(chunk);
    last = `${last}${chunk.toString('utf8')}`.slice(-8_192);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  try {
    const status = await new Promise<string | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, by) =>
        resolve(code === 0 ? undefined : by === null ? `status ${code}` : by),
      );
    });
    if (status === undefined) return;
    const lines = last.trimEnd().split('\n').slice(-LAST_LINES);
    throw new UsageError(
      [`the build command ended with ${status}:`, ...lines.map((line) => `  ${line}`)].join('\n'),
      { hint: 'it runs in a clean export of the commit, without .git and without files that git ignores' },
    );
  } finally {
    signal.removeEventListener('abort', end);
  }
}
