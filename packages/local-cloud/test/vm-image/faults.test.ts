import { expect, test } from '@jest/globals';
import { baseFault, diskFault, packagesFault } from '../../src/vm-image/faults.ts';

/** What mmdebstrap 1.3.5 printed here, shortened. */
const NO_NETWORK = `I: running apt-get update...
W: Failed to fetch http://mirror.example/debian/dists/bookworm/InRelease  Temporary failure resolving 'mirror.example'
E: apt-get update -oAPT::Status-Fd=<$fd> failed: process exited with 100
`;

test('no network: the server that could not be reached', () => {
  expect(baseFault(NO_NETWORK, 'trixie', true)).toMatchObject({
    message:
      "the packages of the image of virtual machines can't be fetched: Failed to fetch http://mirror.example/debian/dists/bookworm/InRelease  Temporary failure resolving 'mirror.example'",
    hint: expect.stringContaining("check the machine's network and its apt sources"),
  });
});

test.each([
  ['base', baseFault('dpkg: error: cannot write: No space left on device\n', 'trixie', true)],
  ['packages', packagesFault('dpkg: unpack: No space left on device\n', ['nginx'], true)],
  ['disk', diskFault('mke2fs: No space left on device while writing\n', true)],
])('a full disk is told as such: %s', (_step, fault) => {
  expect(fault.message).toMatch(/^the local image does not fit on the disk: .*No space left on device/);
  expect(fault.hint).toContain('XDG_STATE_HOME');
});

test.each([
  'unshare: failed to find subuid for "lim": Success',
  'newuidmap: uid range [0-1) -> [1002-1003) not allowed',
])('a user without subordinate ids learns how to get them: %s', (said) => {
  expect(baseFault(`${said}\n`, 'trixie', false)).toMatchObject({
    message: `the image of virtual machines could not be made: ${said}`,
    hint: expect.stringContaining('usermod --add-subuids'),
  });
});

test('namespaces that the host forbids are told with its policy or a way round', () => {
  expect(baseFault('unshare: unshare failed: Operation not permitted\n', 'trixie', false)).toMatchObject({
    message:
      'the image of virtual machines could not be made: unshare: unshare failed: Operation not permitted',
    hint: expect.stringContaining('sudo'),
  });
});

test('a package whose script fails is told by dpkg’s last error', () => {
  const said = `Setting up broken (1.0) ...
dpkg: error processing package broken (--install):
 installed broken package post-installation script subprocess returned error exit status 1
Errors were encountered while processing:
 broken
`;
  expect(packagesFault(said, ['broken'], true).message).toBe(
    'local_image.packages: dpkg failed: Errors were encountered while processing:',
  );
});

test('an image that is too large for the memory that it is made in is no full disk', () => {
  const said = 'tar: cannot write: No space left on device\nrolecall: memory full\n';
  expect(diskFault(said, true).message).toBe('the image of virtual machines is larger than 3 GiB');
  expect(packagesFault(said, ['big'], true).hint).toContain('local_image.packages');
});

test.each([
  [
    'W: GPG error: http://mirror.example trixie InRelease: NO_PUBKEY 6ED0E7B82643E131\n',
    'debian-archive-keyring',
  ],
  [
    "E: The repository 'http://mirror.example trixie Release' does not have a Release file.\n",
    'ROLECALL_VM_RELEASE',
  ],
])('a release that the host knows no key of, or its mirror has not: %j', (said, hint) => {
  expect(baseFault(said, 'trixie', true).hint).toContain(hint);
});
