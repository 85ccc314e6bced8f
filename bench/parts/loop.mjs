// The loop that a user would script with the AWS CLI: run-instances, wait, and a look at each console. It proves nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../measure.mjs';
import { simulatedCloud, totals } from './cloud.mjs';
import { FAULTS, REGION } from './scale-out.mjs';

const AWS = '/usr/bin/aws';
const AMI = 'ami-0123456789abcdef0';

/** @returns as scaleOut does, what there is of it; no faster clock makes the AWS CLI faster */
export async function scriptedLoop({ count }) {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-fleet-'));
  const cloud = await simulatedCloud(folder, { speed: 1, faults: FAULTS });
  try {
    await cloud.control('POST', 'images', { id: AMI });
    const env = {
      AWS_ACCESS_KEY_ID: cloud.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: cloud.keys.secretAccessKey,
      AWS_DEFAULT_REGION: REGION,
    };
    const aws = (...args) => awsCli(cloud.endpoint, env, args);
    const started = performance.now();
    const ids = await aws(
      ...['run-instances', '--image-id', AMI, '--instance-type', 't3.small', '--count', String(count)],
      ...['--user-data', 'role=web', '--query', 'Instances[].InstanceId', '--output', 'text'],
    );
    const list = ids.trim().split(/\s+/);
    await aws('wait', 'instance-running', '--instance-ids', ...list);
    for (const id of list) await aws('get-console-output', '--latest', '--instance-id', id);
    const wallMs = performance.now() - started;
    const { requests, throttled } = totals(await cloud.requests());
    return { requests, throttled, wallMs };
  } finally {
    await cloud.down();
    await rm(folder, { recursive: true, force: true });
  }
}

async function awsCli(endpoint, env, args) {
  const result = await run(AWS, ['--endpoint-url', endpoint, 'ec2', ...args], { env });
  if (result.code !== 0) throw new Error(`aws ec2 ${args[0]} ended with ${result.code}:\n${result.stderr}`);
  return result.stdout;
}
