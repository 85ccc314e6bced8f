// A tree of files for benchmarks, half of them text and half of them random bytes.
import { randomFillSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const WORDS = [
  'machine',
  'launch',
  'role',
  'bucket',
  'pointer',
  'verdict',
  'context',
  'build',
  'step',
  'payload',
];

/** Words in an order that repeats only after a long while, as text does. */
function textOf(bytes, seed) {
  const words = [];
  let state = seed + 1;
  for (let length = 0; length < bytes; length += words.at(-1).length + 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    words.push(state % 7 === 0 ? String(state) : WORDS[state % WORDS.length]);
  }
  return words.join(' ').slice(0, bytes);
}

/** Writes so many files of so many bytes, in 25 folders. */
export async function writeTree(folder, files, bytes) {
  for (let index = 0; index < files; index += 1) {
    const parent = join(folder, `d${index % 25}`);
    await mkdir(parent, { recursive: true });
    const body = index % 2 ? randomFillSync(Buffer.alloc(bytes)) : textOf(bytes, index);
    await writeFile(join(parent, `f${index}`), body);
  }
}
