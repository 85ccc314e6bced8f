import { randomFillSync } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sandbox } from '../../support/cli.ts';
import { repository } from '../../support/repository.ts';

/** An archive of the app `shop` on this machine, with its manifest beside it. */
export interface BuiltArchive {
  readonly tag: string;
  readonly file: string;
  /** Its name below `builds/shop/`. */
  readonly name: string;
  readonly archive: Buffer;
  readonly manifest: Buffer;
}

/** Archives that all cases publish. */
export interface Builds {
  readonly v1: BuiltArchive;
  readonly v2: BuiltArchive;
  /** Large enough to go in parts. */
  readonly large: BuiltArchive;
  dispose(): void;
}

/** `release publish` sends archives over 64 MiB in parts. */
const LARGE_BYTES = 66 * 1024 * 1024;

/** Builds the archives once, with the bundled command. */
export async function makeBuilds(): Promise<Builds> {
  const repo = repository();
  const box = sandbox();
  repo.write(
    'roles.yaml',
    'version: 1\nname: builds\nregion: eu-central-1\nami: ami-0123456789abcdef0\ndefaults: { instance_type: t3.micro }\napps: { shop: {} }\nenvironments: { prod: {} }\ncontexts: { b: {} }\nroles: { web: { app: shop } }\n',
  );
  const build = async (tag: string): Promise<BuiltArchive> => {
    repo.write('version', `${tag}\n`);
    repo.commit(tag);
    const file = join(box.home, `${tag}.tar.gz`);
    const args = ['release', 'build', 'HEAD', '--app', 'shop', '--tag', tag, '--file', file];
    const { code, stderr } = await box.run(args, { cwd: repo.path });
    if (code !== 0) throw new Error(`release build ended with ${code}:\n${stderr}`);
    const manifest = readFileSync(`${file}.json`);
    return { tag, file, name: basename(file), archive: readFileSync(file), manifest };
  };
  try {
    const v1 = await build('v1');
    const v2 = await build('v2');
    repo.write('noise', randomFillSync(Buffer.alloc(LARGE_BYTES)));
    return { v1, v2, large: await build('large'), dispose: box.dispose };
  } finally {
    rmSync(repo.path, { recursive: true, force: true });
  }
}
