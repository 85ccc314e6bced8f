import { expect, test } from '@jest/globals';
import { isOwnCredential, ownCredentialIn } from '../../src/bundle/own-credentials.ts';

test.each([
  'AWS_SECRET_ACCESS_KEY',
  'aws_session_token',
  'AWS_ACCESS_KEY_ID',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
])('%s is a credential of the operator’s own', (name) => expect(isOwnCredential(name)).toBe(true));

test.each(['AWS_REGION', 'AWS_PROFILE', 'RABBITMQ_PASSWORD', 'constructor', ''])('%j is none', (name) =>
  expect(isOwnCredential(name)).toBe(false),
);

test('its value is known under any name, and within any text', () => {
  const env = {
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG',
    COPY: 'wJalrXUtnFEMI/K7MDENG',
    AWS_SESSION_TOKEN: '',
  };
  expect(ownCredentialIn('key = wJalrXUtnFEMI/K7MDENG\n', env)).toBe('AWS_SECRET_ACCESS_KEY');
  expect(ownCredentialIn('something else', env)).toBeUndefined();
  expect(ownCredentialIn('a short x is everywhere', { AWS_SESSION_TOKEN: 'x' })).toBeUndefined();
});
