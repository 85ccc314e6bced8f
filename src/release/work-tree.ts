import { join } from 'node:path';
import { removeOwnFolder } from '../files/own-folder.ts';
import { noRoomIn, scratchFolder } from '../files/scratch.ts';
import { exportRepository } from './export-repository.ts';
import { objectsOf, type Source, sourceOf } from './git.ts';
import { git, gitEnv, need } from './git-run.ts';

/**
 * The work tree as it stands, with all that is not ignored, as a tree of git's: neither the index nor the object database
 * of the repository is touched.
 */
export async function workTree(repository: string): Promise<Source> {
  const head = await sourceOf(repository, 'HEAD');
  const folder = await scratchFolder();
  const close = async () => {
    await head.close();
    await removeOwnFolder(folder);
  };
  try {
    const objects = await objectsOf(repository);
    const top = await topOf(repository);
    const env = {
      ...gitEnv(),
      GIT_INDEX_FILE: join(folder, 'index'),
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
    };
    await need(top, ['read-tree', 'HEAD'], { env });
    await need(top, ['add', '--all', '.'], { env });
    const tree = await need(top, ['write-tree'], { env });
    const committed = await need(repository, ['rev-parse', 'HEAD^{tree}']);
    if (tree === committed) return { ...head, close };
    const store = await exportRepository([folder, objects], head.commit);
    const closeBoth = async () => {
      await store.close();
      await close();
    };
    return { ...head, tree, dirty: true, store, tagName: undefined, close: closeBoth };
  } catch (error) {
    await close();
    throw noRoomIn(folder, String(error), error) ?? error;
  }
}

/** The top of the work tree, to which paths are relative; a bare repository is its own. */
async function topOf(repository: string): Promise<string> {
  const { code, stdout } = await git(repository, ['rev-parse', '--show-toplevel']);
  return code === 0 ? stdout : repository;
}
