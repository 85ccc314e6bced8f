import { expect, test } from '@jest/globals';
import { maskForms, maskWith } from '../../src/masks.ts';
import type { InstanceId, LaunchId } from '../../src/model.ts';
import { type Facts, NO_FACTS } from '../../src/watch/facts.ts';
import { readLine } from '../../src/watch/read-line.ts';

const SECRET = `s3cret ${'long'.repeat(120)} end`;

const read = (lines: readonly string[], secrets: readonly string[]): Facts =>
  lines.reduce(
    (facts, line) =>
      readLine(
        facts,
        line,
        { cut: false, takenAt: 0 },
        {
          launch: 'l-1' as LaunchId,
          instanceId: 'i-0123456789abcdef0' as InstanceId,
          nonce: undefined,
          mask: maskWith(maskForms(secrets)),
        },
      ),
    NO_FACTS,
  );

test('known secrets are in no text that a console gives, though lines are cut to a length', () => {
  const facts = read(
    [
      `rolecall[module.one]: told ${SECRET}`,
      `rolecall[module.one]| ${'x'.repeat(395)}${SECRET}`,
      `\u001b[1mcolour s3cret\u001b[0m ${'long'.repeat(120)} end`,
      `util.py[WARNING]: Failed running /var/lib/cloud/${SECRET}`,
      `ERROR Bootstrapping failed at step module.one (status 1): ${SECRET}`,
    ],
    [SECRET],
  );
  expect(facts.heard).toHaveLength(1);
  expect(facts.entries.map(({ type }) => type)).toEqual(['excerpt', 'cloud-init', 'closing']);
  expect(JSON.stringify(facts)).not.toMatch(/s3cr|longlong/);
});

test('a secret that is a word of the contract breaks none of its lines', () => {
  const facts = read(['rolecall[module.one]| the module.one cause'], ['module.one', 'rolecall']);
  expect(facts.entries).toEqual([
    { type: 'excerpt', step: 'module.one', text: 'the [redacted] cause', relayed: false },
  ]);
});
