import type { Inspected } from '../bundle/inspect.ts';
import type { BuiltBundle, PublishedBundle } from '../results/bundle.ts';
import { counted, printable, sizeText, table } from '../text.ts';

const whatOf = ({ role, modules, files, size }: Pick<BuiltBundle, 'role' | 'modules' | 'files' | 'size'>) =>
  `the bundle of ${role}: ${modules.join(', ')}; ${counted(files, 'file')}, ${sizeText(size)} sealed`;

export const builtBundleText = (built: BuiltBundle): string =>
  `built ${whatOf(built)}\n  ${built.path}\nits key is secret, and only you can read it\n  ${built.keyFile}\n`;

export const builtBundleDocument = (built: BuiltBundle) => ({
  role: built.role,
  modules: built.modules,
  files: built.files,
  size: built.size,
  sha256: built.sha256,
  tar_sha256: built.tarSha256,
  compression: built.compression,
  file: built.path,
  key_file: built.keyFile,
});

export function publishedBundleText(shown: PublishedBundle): string {
  const until =
    shown.expiresAt === undefined
      ? 'everybody can fetch it'
      : `its URL is good until ${new Date(shown.expiresAt).toISOString()}`;
  const note = shown.notice === undefined ? '' : `note: ${shown.notice}\n`;
  return (
    `published ${whatOf(shown)}\n  ${shown.location}\n${until}\n${note}` +
    `user data of launch ${shown.launch}, with the key, which only you can read\n  ${shown.userDataFile}\n`
  );
}

export const publishedBundleDocument = (shown: PublishedBundle) => ({
  launch: shown.launch,
  role: shown.role,
  modules: shown.modules,
  files: shown.files,
  size: shown.size,
  sha256: shown.sha256,
  tar_sha256: shown.tarSha256,
  compression: shown.compression,
  url: shown.location,
  expires: shown.expiresAt === undefined ? null : new Date(shown.expiresAt).toISOString(),
  user_data_file: shown.userDataFile,
  notes: shown.notice === undefined ? [] : [shown.notice],
});

export const memberLines = ({ members }: Inspected): string =>
  table(
    members.map(({ path, kind, size }) => [
      kind === 'file' ? sizeText(size) : kind,
      printable(kind === 'folder' ? `${path}/` : path),
    ]),
  )
    .map((line) => `${line}\n`)
    .join('');

export const verifiedText = ({ modules, members, sha256 }: Inspected, checked: boolean): string =>
  `a sound bundle: ${modules.join(', ')}; ${counted(members.filter(({ kind }) => kind === 'file').length, 'file')}\n` +
  `SHA-256 ${sha256}${checked ? ', as its payload says' : ''}\n`;

export const openedDocument = ({ sha256, modules, members }: Inspected) => ({
  sha256,
  modules,
  members: members.map(({ path, kind, size }) => ({ path, kind, size })),
});
