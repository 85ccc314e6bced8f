import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sandbox } from '../support/cli.ts';
import { rehearsal } from '../support/rehearsal.ts';

/** `logs` of a simulated machine, in a bucket into which others write too. */
const box = sandbox();
const catalogue = join(box.home, 'logs.yaml');
const Bucket = 'e2e-logs';
const rolecall = (...args: string[]) => box.run([...args, '--catalogue', catalogue, '--local']);
let s3 = new S3Client({});
let id = '';
let launch = '';

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const keys = async () =>
  ((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `logs/${launch}/` }))).Contents ?? []).map(
    ({ Key = '' }) => Key,
  );

beforeAll(async () => {
  const text = readFileSync(rehearsal(box.home), 'utf8').replace(/^ami:/m, `bucket: ${Bucket}\nami:`);
  writeFileSync(catalogue, text);
  const faults = join(box.home, 'faults.yaml');
  writeFileSync(
    faults,
    "console: { empty: true }\nboxes: { outcomes: [{ kind: failed, lines: ['E: no disk'] }] }\n",
  );
  const up = ['local', 'up', '--boxes', 'simulated', '--clock-speed', '20', '--faults', faults];
  expect(await box.run(up)).toMatchObject({ code: 0 });
  const { stdout } = await box.run(['local', 'env']);
  const of = (name: string) => new RegExp(`^export ${name}='(.*)'$`, 'm').exec(stdout)?.[1] ?? '';
  s3 = new S3Client({
    endpoint: of('AWS_ENDPOINT_URL_S3'),
    forcePathStyle: true,
    region: of('AWS_REGION') || 'eu-central-1',
    credentials: { accessKeyId: of('AWS_ACCESS_KEY_ID'), secretAccessKey: of('AWS_SECRET_ACCESS_KEY') },
  });
  const words = ['launch', '--role', 'fails', '--env', 'prod', '--context', 'b', '--output', 'json'];
  const { code, stdout: document } = await rolecall(...words);
  expect(code).toBe(3);
  ({ launch } = { launch: JSON.parse(document).launch.id });
  id = JSON.parse(document).machines[0].instance_id;
});
afterAll(async () => {
  s3.destroy();
  await box.run(['local', 'down']);
  box.dispose();
});

test("shows the machine's own log, whatever others have put beside it", async () => {
  const own = await rolecall('logs', id);
  expect(own).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('E: no disk') });
  const [key = ''] = await keys();
  const forged = key.replace(/[0-9a-f]{16}$/, '0123456789abcdef');
  await put(forged, 'forged: a wrong MAC\n');
  await put(`logs/${launch}/${id}`, 'forged: the key of before\n');
  await put(key.replace(launch, 'foreign-1'), 'forged: a foreign launch\n');
  await put(key.replace(id, 'i-0123456789abcdef0'), 'forged: a sibling\n');
  expect(await rolecall('logs', id)).toEqual(own);
  const { stdout } = await rolecall('logs', id, '--output', 'json');
  expect(JSON.parse(stdout)).toEqual({ instance_id: id, launch, proved: true, text: own.stdout });
  // Of the sibling nothing is known, and its log's MAC is not its own.
  expect(await rolecall('logs', 'i-0123456789abcdef0')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('1 object with a wrong MAC or content ignored'),
  });
});

test('shows the log of a machine that was terminated', async () => {
  const before = await rolecall('logs', id);
  expect(await rolecall('terminate', launch, '--yes')).toMatchObject({ code: 0 });
  const after = await rolecall('logs', id);
  expect(after).toMatchObject({ code: 0, stdout: expect.stringContaining('E: no disk') });
  expect(after.stdout).toBe(before.stdout);
});

test('shows no content that is not what the key says', async () => {
  const [key = ''] = (await keys()).filter((one) => one.startsWith(`logs/${launch}/${id}/`));
  for (const one of await keys()) await put(one, 'forged: another content\n');
  expect(key).not.toBe('');
  const { code, stdout, stderr } = await rolecall('logs', id);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /holds no boot log of i-[0-9a-f]+ \(2 objects with a wrong MAC or content ignored\)/,
  );
});
