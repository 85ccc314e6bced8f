import { describe, expect, test } from '@jest/globals';
import { launchDocument } from '../../src/results/document.ts';
import { redacted, redactedDocument } from '../../src/results/redacted.ts';
import { withoutCommands } from '../../src/terminal/workflow.ts';
import type { Verdict } from '../../src/watch/verdict.ts';
import {
  ended,
  FAILED,
  instanceId,
  LOST,
  META,
  machine,
  SILENT,
  START,
  SUCCEEDED,
} from '../reporters/support.ts';

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
      failure: { step: 'init', status: 1, error: `error: ${LINES[0]}`, excerpt: LINES },
    },
    { outcome: 'silent', steps: [], reason: 'stuck', excerpt: LINES },
    { outcome: 'lost', steps: [], reason: 'stopped', excerpt: LINES },
  ])('in the excerpt of a machine that $outcome', (verdict) => {
    const text = JSON.stringify(of(verdict));
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(text).toContain('giving up');
  });

  test('in a reason, which may quote the console', () => {
    const silent: Verdict = { ...SILENT, reason: `the console's last line: ${LINES[0]}` };
    const failed: Verdict = { ...FAILED, failure: { ...FAILED.failure, reason: `it said: ${LINES[0]}` } };
    for (const verdict of [silent, failed, { ...LOST, reason: LINES[0] ?? '' }])
      expect(JSON.stringify(of(verdict))).not.toContain(SECRETS[0]);
  });

  test.each([{ type: 'said' }, { type: 'alive', ms: 30_000 }] as const)(
    'in a line that it told: %j',
    (kind) => {
      const event = redacted({
        ...kind,
        at: START,
        instanceId: instanceId(0),
        step: 'init',
        text: LINES[0] ?? '',
      });
      expect(JSON.stringify(event)).not.toContain(SECRETS[0]);
    },
  );

  test('for a CI system that takes commands from the output, commands are taken out', () => {
    const told = [
      '  ::set-output name=exit-code::0',
      'x ##[add-mask]e',
      '\u001b[0m::stop-commands::x',
      '::1 refused',
    ];
    const verdict: Verdict = {
      ...FAILED,
      failure: { ...FAILED.failure, error: told[0] ?? '', excerpt: told },
    };
    const event = redacted(
      { type: 'verdict', at: START, machine: machine(0), verdict },
      { defuse: withoutCommands },
    );
    expect(event).toMatchObject({
      verdict: {
        failure: {
          error: '  : :set-output name=exit-code::0',
          excerpt: [
            '  : :set-output name=exit-code::0',
            'x ## [add-mask]e',
            ': :stop-commands::x',
            ': :1 refused',
          ],
        },
      },
    });
  });

  test('and nothing else is changed', () => {
    for (const verdict of [SUCCEEDED, FAILED, SILENT, LOST]) expect(of(verdict)).toMatchObject({ verdict });
  });
});

test('where the secrets are known, a name hides no cause; keys and what rolecall signs stay hidden', () => {
  const lines = [
    'db_password: it must have 12 characters',
    'token: see https://docs.example.com/tokens',
    'rolecall_nonce=0123456789abcdef',
    'GET /x?X-Amz-Signature=deadbeef01',
    `key id ${SECRETS[1]}`,
  ];
  const verdict: Verdict = { outcome: 'silent', steps: [], reason: 'stuck', excerpt: lines };
  const event = { type: 'verdict', at: START, machine: machine(0), verdict } as const;
  const { verdict: shown } = redacted(event, { secretsAreKnown: true }) as typeof event;
  expect(shown.excerpt).toEqual([
    lines[0],
    lines[1],
    'rolecall_nonce=[redacted]',
    'GET /x?X-Amz-Signature=[redacted]',
    'key id [redacted]',
  ]);
});

describe('the document of a launch', () => {
  const failing: Verdict = {
    ...FAILED,
    failure: {
      ...FAILED.failure,
      error: `error: ${LINES[0]}`,
      command: `curl -u ${LINES[0]}`,
      excerpt: LINES,
    },
  };
  const silent: Verdict = { ...SILENT, reason: `the console's last line: ${LINES[0]}`, excerpt: LINES };
  const document = launchDocument(ended([failing, silent, SUCCEEDED]), META);

  test('is redacted in its machines and its clusters', () => {
    const text = JSON.stringify(redactedDocument(document));
    for (const secret of SECRETS) {
      expect(JSON.stringify(document)).toContain(secret);
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('giving up');
  });

  test('is not changed by a second redaction', () => {
    const once = redactedDocument(document);
    expect(redactedDocument(once)).toEqual(once);
  });
});
