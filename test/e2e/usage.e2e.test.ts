import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';

const box = sandbox();

afterAll(box.dispose);

describe('what can be told before anything is sent', () => {
  test('validate names a payload that no launch could send', async () => {
    const keys = Array.from({ length: 17 }, (_, n) => `      key${n}: ${'word '.repeat(195)}end\n`).join('');
    const catalogue = join(box.home, 'big.yaml');
    writeFileSync(
      catalogue,
      `version: 1
name: big
region: eu-central-1
ami: ami-0123456789abcdef0
environments: { prod: }
contexts: { b: }
roles:
  web:
    instance_type: t3.micro
    personality:
${keys}`,
    );
    const { code, stderr } = await box.run(['validate', '--catalogue', catalogue]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/the payload has 1\d,\d{3} bytes, .* over EC2's limit of 16,384/);
  });

  test.each([
    ['console', 'i-0123456789abcdef0'],
    ['watch', 'web-1'],
  ])('%s --local outside any catalogue says that no local cloud is up', async (...words) => {
    const cwd = join(box.home, 'elsewhere');
    mkdirSync(cwd, { recursive: true });
    const { code, stderr } = await box.run([...words, '--local'], { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: no local cloud is up, so it has no machines\n  → rolecall local up\n',
    });
  });
});
