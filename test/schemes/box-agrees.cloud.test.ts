import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readCatalogue } from '../../src/catalogue/load.ts';
import { resolveRole } from '../../src/catalogue/resolve.ts';
import { RolecallError } from '../../src/errors.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import type { LaunchId, Nonce } from '../../src/model.ts';
import { checkValue } from '../../src/schemes/lines.ts';
import { type PersonalityRun, personalityPayload } from '../../src/schemes/personality/payload.ts';
import { BOOTSTRAPPER } from '../shell/bash.ts';

const RUN = { launch: 'l-1' as LaunchId, nonce: '00112233445566778899aabbccddeeff' as Nonce };
const role = resolveRole(readCatalogue(join(packageRoot(), 'roles.yaml')), {
  role: 'worker',
  environment: 'prod',
  context: 'a',
});

type Line = readonly [key: string, value: string];

/** What the operator's side thinks of a line. */
const accepted = ([key, value]: Line): boolean => takes(RUN, { [key]: value });

function takes(run: PersonalityRun, personality: Record<string, string> = {}): boolean {
  try {
    personalityPayload({ ...role, personality }, run);
    return true;
  } catch (error) {
    if (error instanceof RolecallError) return false;
    throw error;
  }
}

/** What the box thinks of each line: the bootstrapper's own function, in one bash for all. */
function boxAccepts(lines: readonly Line[]): boolean[] {
  const script = `source "$1"
    while IFS= read -r -d '' key && IFS= read -r -d '' value; do value_problem "$key" "$value"; echo "\${REPLY:-fine}"; done`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', BOOTSTRAPPER], {
    input: lines
      .flat()
      .map((word) => `${word}\0`)
      .join(''),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the bootstrapper's shell ended with ${status}: ${stderr}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line === 'fine');
}

describe('what a payload may hold, the box takes, and nothing else', () => {
  const characters = Array.from({ length: 127 }, (_, code) => String.fromCharCode(code + 1)).concat(
    'é',
    '\u00a0',
  );
  const keys = ['x', 'x_url', 'machine_id'];
  const lines = keys.flatMap((key): Line[] => [
    ...characters.flatMap((character): Line[] => [
      [key, character],
      [key, `a${character}b`],
      [key, `${character}b`],
      [key, `a${character}`],
    ]),
    [key, ''],
    ...[64, 65, 1024, 1025, 4096, 4097, 8192, 8193].map((length): Line => [key, 'v'.repeat(length)]),
  ]);

  test('for every character at every place, and around every length', () => {
    const box = boxAccepts(lines);
    expect(box).toHaveLength(lines.length);
    const differ = lines.filter((line, index) => accepted(line) !== box[index]);
    expect(differ).toEqual([]);
    expect(box.filter((fine) => fine).length).toBeGreaterThan(200);
  });

  test('for the timeout', () => {
    const values = ['', '0', '1', '09', '600', '600s', '-1', '9999999', '10000000', ' 1', '1.5'];
    const box = boxAccepts(values.map((value) => ['rolecall_timeout', value]));
    const ours = values.map((value) => {
      try {
        checkValue(['rolecall_timeout', value]);
        return true;
      } catch (error) {
        if (error instanceof RolecallError) return false;
        throw error;
      }
    });
    expect(ours).toEqual(box);
    expect(box.filter((fine) => fine).length).toBe(3);
  });

  test('for policies and tokens, which may be longer', () => {
    const values = [
      ...characters.map((character) => `a${character}b`),
      ...[1025, 8192, 8193].map((length) => 'v'.repeat(length)),
    ];
    const box = boxAccepts(values.map((value) => ['rolecall_beacon_policy', value]));
    const signed = { policy: 'p', signature: '0' };
    const beacon = { url: 'https://b/', prefix: '', credential: 'c', date: 'd', ...signed, log: signed };
    const ours = values.map((policy) => takes({ ...RUN, beacon: { ...beacon, policy } }));
    expect(ours).toEqual(box);
    expect(box.filter((fine) => fine).length).toBe(26 + 26 + 10 + 3 + 2);
  });
});
