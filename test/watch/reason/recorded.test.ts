/**
 * Failures that real scripts had in real boxes: what the box told of them, and what was wrong in truth. Those called
 * "written" are of tools that no test machine has, as their documentation and issue threads show them.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { reasonOf } from '../../../src/watch/reason/reason.ts';
import { readTold } from '../../../src/watch/reason/told.ts';

interface Recorded {
  readonly name: string;
  readonly status: number;
  readonly facts: readonly string[];
  readonly lines: readonly string[];
  /** Texts of which the error must hold one. */
  readonly causes: readonly string[];
}

const RECORDED: readonly Recorded[] = JSON.parse(
  readFileSync(fileURLToPath(new URL('recorded.json', import.meta.url)), 'utf8'),
);

test.each(RECORDED.map((each) => [each.name, each] as const))(
  '%s: the true cause',
  (_, { status, facts, lines, causes }) => {
    const { error = '' } = reasonOf({ step: 'init', status, told: readTold(facts), lines });
    expect({ error, right: causes.some((cause) => error.includes(cause)) }).toEqual({ error, right: true });
  },
);
