import { expect, test } from '@jest/globals';
import type { Entry } from '../../src/archive/entries.ts';
import { BundleScan } from '../../src/bundle/scan.ts';
import { entriesOf, fileEntry } from './support.ts';

const OWN = 'AQoDYXdzEJr1K-a-session-token';
const from = (source: string, entry: Entry): Entry => ({ ...entry, source }) as Entry;

async function suspectsIn(...entries: readonly Entry[]) {
  const scan = new BundleScan([OWN]);
  for await (const entry of scan.pass(entriesOf(...entries)))
    if (entry.kind === 'file')
      for await (const chunk of entry.content) expect(chunk.length).toBeGreaterThan(0);
  return scan.suspects;
}

test('a file that holds a secret is named by its path in the bundle', async () => {
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\n';
  expect(await suspectsIn(from('bee/deploy', fileEntry('start-up-bundle/bee/deploy', key)))).toEqual([
    { path: 'bee/deploy', why: 'holds a private key' },
  ]);
});

test('the credentials of the command itself are told apart: no option lets them in', async () => {
  expect(await suspectsIn(from('bee/.env', fileEntry('start-up-bundle/bee/.env', `T=${OWN}\n`)))).toEqual([
    { path: 'bee/.env', why: 'holds the AWS credentials of this command', own: true },
  ]);
});

test('a file that a role renames is judged by the name that it had, too', async () => {
  const [suspect] = await suspectsIn(
    from('secrets/.env', fileEntry('start-up-bundle/files/settings', 'a=1\n')),
  );
  expect(suspect).toEqual({ path: 'files/settings', why: 'is an environment file' });
});

test('the texts of rolecall itself have no source, and are not looked at', async () => {
  expect(await suspectsIn(fileEntry('start-up-bundle/.lib/masks', OWN))).toEqual([]);
});
