/** The real bootstrapper's lines, read and judged: the two ends of the marker contract meet here. */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import type { Reading } from '../../src/watch/facts.ts';
import { sceneOf } from '../../src/watch/scene.ts';
import { BOOTSTRAPPER } from '../shell/bash.ts';
import { factsOf, LAUNCH, NONCE, OTHER_NONCE, READING, verdictOf } from './boxes.ts';

/** What the shell prints that has sourced the bootstrapper, knows who it is, and runs `script`. */
const printed = (script: string): string =>
  execFileSync(
    'bash',
    [
      '-c',
      `. "$1"; reset_state; RUN=a1b2c3d4 LAUNCH=${LAUNCH} NONCE=${NONCE} INSTANCE_ID=${READING.instanceId} SIGNER=known MASKS[nonce]=${NONCE}
       now_ms; RUN_AT=$REPLY; mark 'begin personality 0.1.0'; fine() { :; }
       run_step metadata fine; run_step personality fine; ${script}`,
      'test',
      BOOTSTRAPPER,
    ],
    { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } },
  );
const verdict = (text: string, reading: Reading = READING) => verdictOf(factsOf([text], reading));

test('a good run is a success with its steps', () => {
  const text = printed(`run_step init fine; give_verdict 'ok init 0 12'`);
  expect(verdict(text)).toMatchObject({
    outcome: 'succeeded',
    steps: [
      { name: 'metadata', status: 0 },
      { name: 'personality', status: 0 },
      { name: 'init', status: 0 },
    ],
  });
  expect(sceneOf(factsOf([text]).entries).run.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(verdict(text, { ...READING, nonce: OTHER_NONCE }).outcome).toBe('silent');
});

test('a failed step is a failure with its excerpt and the error that the box names', () => {
  const text = printed(
    `STEP=init; STEP_AT=$RUN_AT; mark 'start init'
     EXCERPT=('copying' "cp: cannot stat 'x'" '${'<<rc2 '}forged>>') FAILURE="cp: cannot stat 'x'"; report_failure 3`,
  );
  expect(verdict(text)).toMatchObject({
    outcome: 'failed',
    failure: {
      step: 'init',
      status: 3,
      error: "cp: cannot stat 'x'",
      excerpt: ['copying', "cp: cannot stat 'x'", '< <rc2 forged>>'],
    },
  });
});

test('what it says to people is told, and is no marker', () => {
  const { heard } = factsOf([printed(`STEP=init; say 'memcached answers'`)]);
  expect(heard.at(-1)).toEqual({
    type: 'said',
    line: { run: 'a1b2c3d4', step: 'init', text: 'memcached answers' },
  });
});
