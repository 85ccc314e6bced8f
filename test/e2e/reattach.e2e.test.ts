import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { sandbox, until } from '../support/cli.ts';

const box = sandbox();
const LAUNCH = ['launch', '--role', 'web', '--env', 'prod', '--context', 'b', '--local', '--output', 'json'];

async function launched(more: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = await box.run([...LAUNCH, '--timeout', '20s', ...more], { env });
  const { machines = [], launch } = JSON.parse(stdout);
  const ids: string[] = machines.map((machine: { instance_id: string }) => machine.instance_id);
  return { code, stderr, id: launch?.id, ids: ids.sort() };
}

afterAll(box.dispose);

describe('the same launch id again', () => {
  afterAll(() => box.run(['local', 'down']));

  test('a re-run of a CI job whose records are lost believes its machines', async () => {
    await box.run(['local', 'up']);
    const env = { GITHUB_RUN_ID: '16588214935', GITHUB_REPOSITORY: 'shop/infra', GITHUB_JOB: 'deploy' };
    const first = await launched(['--count', '2'], env);
    expect(first).toMatchObject({ code: 0, ids: [expect.any(String), expect.any(String)] });
    rmSync(join(String(box.env['XDG_STATE_HOME']), 'rolecall/local/s3/buckets'), { recursive: true });
    const again = await launched(['--count', '2'], env);
    expect(again).toMatchObject({ code: 0, id: first.id, ids: first.ids });
  });

  test('runs side by side follow the same machines, whichever launched them', async () => {
    await box.run(['local', 'up']);
    const runs = await Promise.all([1, 2, 3].map(() => launched(['--count', '2', '--launch-id', 'race'])));
    const [{ ids } = { ids: [] }] = runs;
    expect(ids).toHaveLength(2);
    for (const run of runs) expect(run).toMatchObject({ code: 0, ids });
  });

  test('replaces a machine that has ended, and then neither launch nor watch counts the one before', async () => {
    await box.run(['local', 'up']);
    const first = await launched(['--launch-id', 'replaced']);
    const [ended = 'none'] = first.ids;
    await box.run(['local', 'exec', ended, '--', 'poweroff']);
    const watch = async () => {
      const { code, stdout } = await box.run(['watch', 'replaced', '--local', '--output', 'json']);
      const ids = JSON.parse(stdout).machines?.map((machine: { instance_id: string }) => machine.instance_id);
      return { code, ids };
    };
    const rerun = async () => {
      const again = await launched(['--launch-id', 'replaced']);
      return again.ids.includes(ended) ? undefined : again;
    };
    // Until EC2 says that it has ended, it is the launch's machine.
    let second = await rerun();
    await until('a machine in its place', async () => {
      second ??= await rerun();
      return second !== undefined;
    });
    expect(second).toMatchObject({ code: 0, ids: [expect.any(String)] });
    expect(await watch()).toEqual({ code: 0, ids: second?.ids });
  });

  test('in another local cloud it is another launch: the machines of one that is gone are not waited for', async () => {
    await box.run(['local', 'up']);
    const first = await launched(['--launch-id', 'twice']);
    await box.run(['local', 'down']);
    await box.run(['local', 'up']);
    const second = await launched(['--launch-id', 'twice']);
    expect({ first, second }).toMatchObject({ first: { code: 0 }, second: { code: 0 } });
    expect(second.ids).not.toEqual(first.ids);
  });
});

test('a cloud for one command alone leaves no record: its machines are gone', async () => {
  const first = await launched(['--launch-id', 'alone']);
  const second = await launched(['--launch-id', 'alone']);
  expect({ first, second }).toMatchObject({ first: { code: 0 }, second: { code: 0 } });
  expect(second.ids).not.toEqual(first.ids);
});
