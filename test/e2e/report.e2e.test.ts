import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fleetCloud } from '../support/fleets.ts';
import { pageDataOf } from '../support/page.ts';

const cloud = fleetCloud();
afterAll(cloud.dispose);

const box = cloud.box;
const page = (name: string) => pageDataOf(readFileSync(join(box.home, name), 'utf8'));
const report = (launch: string, ...more: string[]) =>
  box.run(['report', launch, '--catalogue', cloud.catalogue, '--local', ...more], { cwd: box.home });
const launch = (id: string, ...more: string[]) =>
  box.run(cloud.words('launch', ['--launch-id', id, '--output', 'json', ...more]), { cwd: box.home });

describe('the HTML report', () => {
  beforeAll(() => cloud.up());

  test('of a launch holds its document, and when what happened on each machine', async () => {
    const { code, stdout, stderr } = await launch('first', '--count', '2', '--report', 'out/first.html');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { document, timelines } = page('out/first.html');
    expect(document).toEqual(JSON.parse(stdout));
    expect(timelines).toHaveLength(2);
    for (const { running_ms, begin_ms, steps, verdict_ms, instance_id } of timelines) {
      expect(steps.map(({ name }) => name)).toEqual(['metadata', 'personality', 'init']);
      const times = [0, running_ms, begin_ms, ...steps.map(({ start_ms }) => start_ms), verdict_ms];
      expect(times).toEqual(times.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
      const machine = document.machines.find((each) => each.instance_id === instance_id);
      expect(verdict_ms).toBe(machine?.boot_ms);
    }
  });

  test('tells of a launch whose machines are gone, by its record, and compares it with an earlier one', async () => {
    const second = await launch('second', '--report', 'second.html', '--against', 'first');
    expect(second).toMatchObject({ code: 0 });
    expect(page('second.html').against?.launch.id).toBe('first');
    await box.run(['terminate', 'second', '--yes', '--catalogue', cloud.catalogue, '--local']);
    const { code, stdout, stderr } = await report('second', '--against', 'first');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'rolecall-second.html\n' });
    expect(stderr).not.toContain('note: no record');
    const { document, timelines, against } = page('rolecall-second.html');
    expect(document).toEqual(JSON.parse(second.stdout));
    expect(timelines).toEqual(page('second.html').timelines);
    expect(against).toMatchObject({ launch: { id: 'first' }, document: page('out/first.html').document });
    const json = await report('second', '--output', 'json');
    expect(JSON.parse(json.stdout)).toEqual(document);
  });

  test('without a record it tells what can be read now, tags nothing, and writes no record', async () => {
    // As `launch` leaves it that is killed, or that an earlier version of rolecall has made.
    expect(await launch('killed', '--count', '2')).toMatchObject({ code: 0 });
    const { s3 } = await cloud.client();
    const { DeleteObjectCommand, ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    const records = async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'e2e-fleets' }));
      return Contents.flatMap(({ Key }) => (Key?.includes('/launches/killed/results/') ? [Key] : []));
    };
    const found = await records();
    expect(found).toHaveLength(1);
    for (const Key of found) await s3.send(new DeleteObjectCommand({ Bucket: 'e2e-fleets', Key }));
    const { code, stdout, stderr } = await report('killed');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'rolecall-killed.html\n' });
    expect(stderr).toContain('note: no record tells how this launch ended');
    const { document, timelines } = page('rolecall-killed.html');
    expect(document).toMatchObject({ exit_code: 0, summary: { requested: 2, succeeded: 2 } });
    expect(timelines[0]).toMatchObject({ running_ms: null, steps: [{ name: 'metadata' }, {}, {}] });
    expect(await records()).toEqual([]);
    expect(await report('second', '--against', 'killed')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`rolecall watch killed --catalogue ${cloud.catalogue} --local`),
    });
  });

  test('of many machines whose beacons tell has the steps of each', async () => {
    const { code, stdout } = await launch('many', '--count', '30', '--report', 'many.html');
    expect(code).toBe(0);
    const steps = JSON.parse(stdout).machines.map((machine: { steps: object[] }) => machine.steps.length);
    expect(steps).toEqual(Array.from({ length: 30 }, () => 3));
    expect(page('many.html').timelines.every(({ steps: told }) => told.length === 3)).toBe(true);
  });

  test('is written when AWS gives nothing, too', async () => {
    const { code } = await launch('none', '--instance-type', 'x9.nosuch', '--report', 'none.html');
    expect(code).not.toBe(0);
    expect(readFileSync(join(box.home, 'none.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  test.each([
    [['report', 'nobody'], 'EC2 knows no machine of launch nobody'],
    [['report', 'a/b'], '"a/b" is no launch id'],
    [['report', 'first', '--report', 'roles.yaml'], 'the report is an HTML page'],
    [['report', 'first', '--against', 'nobody'], '--against nobody: no record tells'],
    [['report', 'first', '--against', 'a b'], '--against: "a b" is no launch id'],
    [['report', 'first', '--against', 'second', '--output', 'json'], '--report names no file'],
    [['watch', 'first', '--against', 'second'], '--report names no file'],
  ])('rolecall %j is refused', async (words, message) => {
    const before = readFileSync(cloud.catalogue, 'utf8');
    const { code, stderr } = await box.run([...words, '--catalogue', cloud.catalogue, '--local'], {
      cwd: box.home,
    });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(stderr).toContain('  → ');
    expect(readFileSync(cloud.catalogue, 'utf8')).toBe(before);
  });

  test('a launch with --against an unknown one launches nothing', async () => {
    const before = (await cloud.living()).length;
    const { code } = await launch('third', '--report', 'third.html', '--against', 'nobody');
    expect({ code, living: (await cloud.living()).length }).toEqual({ code: 2, living: before });
    expect(existsSync(join(box.home, 'third.html'))).toBe(false);
  });

  test('goes to a pipe or a device, and then its path is not printed', async () => {
    const { stdout } = await report('first', '--report', '/dev/stdout');
    expect(stdout).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    writeFileSync(join(box.home, 'piped.html'), stdout);
    expect(page('piped.html').document.launch.id).toBe('first');
  });
});
