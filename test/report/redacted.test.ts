import { describe, expect, test } from '@jest/globals';
import { redacted } from '../../src/report/redacted.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import { FAILED, instanceId, LOST, machine, SILENT, START, SUCCEEDED } from './support.ts';

const SECRETS = ['hunter2hunter2', 'AKIAIOSFODNN7EXAMPLE', 'MIIEvQIBADANBgkqhkiG9w0'];
const LINES = [
  `+ export DB_PASSWORD=${SECRETS[0]}`,
  `key id ${SECRETS[1]}`,
  '-----BEGIN PRIVATE KEY-----',
  `${SECRETS[2]}`,
  '-----END PRIVATE KEY-----',
  'giving up',
];

const of = (verdict: Verdict) => redacted({ type: 'verdict', at: START, machine: machine(0), verdict });

describe('what a box prints is redacted before anything else sees it', () => {
  test.each<Verdict>([
    {
      outcome: 'failed',
      bootMs: 1,
      steps: [],
      failure: { step: 'init', status: 1, firstError: `error: ${LINES[0]}`, excerpt: LINES },
    },
    { outcome: 'silent', steps: [], reason: 'stuck', excerpt: LINES },
    { outcome: 'lost', steps: [], reason: 'stopped', excerpt: LINES },
  ])('in the excerpt of a machine that $outcome', (verdict) => {
    const text = JSON.stringify(of(verdict));
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text).toContain('giving up');
  });

  test('in a line that it said', () => {
    const event = redacted({
      type: 'said',
      at: START,
      instanceId: instanceId(0),
      step: 'init',
      text: LINES[0] ?? '',
    });
    expect(JSON.stringify(event)).not.toContain(SECRETS[0]);
  });

  test('and nothing else is changed', () => {
    for (const verdict of [SUCCEEDED, FAILED, SILENT, LOST]) expect(of(verdict)).toMatchObject({ verdict });
  });
});
