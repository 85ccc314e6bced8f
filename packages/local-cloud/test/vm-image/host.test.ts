import { expect, test } from '@jest/globals';
import { debianRelease, imageRelease, missingTools } from '../../src/vm-image/host.ts';

test('missing programs are named with the command that installs them; newuidmap counts for ordinary users only', () => {
  const none = missingTools(() => true, false);
  expect(none).toBeUndefined();
  const bare = (tool: string) => tool === 'unshare' || tool === 'apt-get';
  expect(missingTools(bare, false)).toMatchObject({
    kind: 'usage',
    message:
      "the image of local virtual machines can't be made: this machine has no mmdebstrap, mke2fs, newuidmap",
    hint: 'sudo apt-get install mmdebstrap e2fsprogs uidmap',
  });
  expect(missingTools((tool) => tool !== 'newuidmap', false)?.hint).toBe('sudo apt-get install uidmap');
  expect(missingTools((tool) => tool !== 'newuidmap', true)).toBeUndefined();
});

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n', 'bookworm'],
  ['ID="debian"\nVERSION_CODENAME="trixie"\n', 'trixie'],
  ['ID=debian\nPRETTY_NAME="Debian GNU/Linux sid"\n', undefined],
  ['ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n', undefined],
  ['', undefined],
])('the release of the host: %j is %s', (text, release) => {
  expect(debianRelease(text)).toBe(release);
});

test('images have the release that the environment names, or the one that boots fastest', () => {
  expect(imageRelease({ ROLECALL_VM_RELEASE: 'bookworm' })).toBe('bookworm');
  for (const env of [{}, { ROLECALL_VM_RELEASE: '' }]) expect(imageRelease(env)).toBe('trixie');
  for (const value of ['12', 'Bookworm', '../etc', 'bookworm main', 'x'.repeat(21)])
    expect(() => imageRelease({ ROLECALL_VM_RELEASE: value })).toThrow(
      `ROLECALL_VM_RELEASE must be the code name of a Debian release: ${value}`,
    );
});
