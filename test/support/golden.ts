import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

const GOLDENS = fileURLToPath(new URL('../golden', import.meta.url));

/** Compares with test/golden/NAME; `UPDATE_GOLDENS=1` writes it instead, for a person to review. */
export function expectGolden(name: string, actual: string): void {
  const file = join(GOLDENS, name);
  if (process.env['UPDATE_GOLDENS'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
  }
  expect(actual).toBe(readFileSync(file, 'utf8'));
}
