import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { open, UsageError } from '../src/index.ts';
import { ROOT } from './support/cli.ts';

const state = mkdtempSync(join(tmpdir(), 'rolecall-index-'));
afterAll(() => rmSync(state, { recursive: true }));

const CHOICE = { role: 'memcached', environment: 'prod', context: 'b' };
const rolecall = open({ cwd: ROOT, env: { HOME: state } });

describe('the public API', () => {
  test('plans a launch without asking anybody', async () => {
    const plan = await open({ cwd: ROOT, local: true, env: { XDG_STATE_HOME: state } }).plan({
      ...CHOICE,
      count: 3,
      instanceType: 'm7i.large',
    });
    expect(plan).toMatchObject({ role: 'memcached', count: 3, batches: [{ batch: 1, count: 3 }] });
    expect(plan.settings).toContainEqual(
      expect.objectContaining({ name: 'instance_type', value: 'm7i.large' }),
    );
  });

  test.each([
    ['an unknown role', () => rolecall.plan({ ...CHOICE, role: 'memcache' }), 'did you mean "memcached"?'],
    [
      'no whole count',
      () => rolecall.launch({ ...CHOICE, count: 1.5 }).result,
      'whole number from 1 to 1000',
    ],
    ['a wrong launch id', () => rolecall.watch('a/b').result, '"a/b" is no launch id'],
    ['a wrong duration', () => rolecall.watch('a', { timeout: '9' }).result, '--timeout is not valid'],
    ['a wrong wave', () => rolecall.scale({ ...CHOICE, to: 3, wave: 'x' }).result, 'x'],
  ])('refuses %s as the command line does', async (_, ask, message) => {
    const error = await ask().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(message);
  });

  test('a signal that has aborted ends a launch before anything is asked for', async () => {
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    const stopped = open({ cwd: ROOT, env: { XDG_STATE_HOME: state }, signal: AbortSignal.abort() });
    await expect(stopped.launch(CHOICE).result).rejects.toMatchObject({ exit: 'interrupted' });
  });
});
