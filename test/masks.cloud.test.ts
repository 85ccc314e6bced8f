import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskForms, maskWith, sedCommands } from '../src/masks.ts';
import { holds } from './support/property.ts';

const value = fc
  .array(
    fc.constantFrom(...'abcXYZ019', ...'.*[]^$/\\&|(){}+?~!#\'"` %-', '\n', '\t', '\r', 'ü', '漢', '🔑'),
    {
      maxLength: 200,
    },
  )
  .map((parts) => parts.join(''));

test('sed puts the same in the place of secrets as the operator’s side does', () => {
  holds(
    fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), value, (secrets, around) => {
      const forms = maskForms(secrets);
      const text = `${around}${secrets.join(around)}${around}\n`;
      const masked = maskWith(forms)(text);
      for (const form of forms.filter((one) => one.length > 10)) expect(masked).not.toContain(form);
      const sed = execFileSync('sed', [sedCommands(forms)], {
        input: text,
        env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      });
      for (const form of forms.filter((one) => one.length > 10)) expect(sed.toString()).not.toContain(form);
    }),
    { numRuns: 60 },
  );
});

test('short values and lines have no forms; long ones come in pieces that join to the whole', () => {
  expect(maskForms(['abc', 'a\nb', ''])).toEqual([]);
  const long = Array.from({ length: 100 }, (_, at) => `p${at}`).join('');
  expect(maskWith(maskForms([long]))(`x${long}y`)).toMatch(/^x(?:\[redacted\])+y$/);
});
