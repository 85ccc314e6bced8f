// From process start to RunInstances arriving at the server: against Debian's aws. Without a bucket it must be the first
// request; with one the launch and its batch are recorded there before.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, LAUNCH, median, now, ROOT, run } from './measure.mjs';

const AWS = '/usr/bin/aws';
const TIMES = 9;

let arrived = [];
// The server refuses every call: only the arrival counts here.
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    if (request.method === 'PUT') return response.writeHead(200, { etag: '"0"' }).end();
    arrived.push({ action: new URLSearchParams(body).get('Action'), at: now() });
    response.writeHead(403, { 'content-type': 'text/xml' });
    response.end(
      '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>bench</Message></Error></Errors><RequestID>0</RequestID></Response>',
    );
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${server.address().port}`;
const state = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
const env = {
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_REGION: 'eu-central-1',
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
  XDG_STATE_HOME: state,
};

async function firstRequest(command, args) {
  const samples = [];
  for (let turn = 0; turn < TIMES; turn += 1) {
    arrived = [];
    const { started, stderr } = await run(command, args, { env });
    const first = arrived[0];
    if (first?.action !== 'RunInstances') {
      throw new Error(
        `${command}: the first request was ${first?.action ?? 'none'}, not RunInstances\n${stderr}`,
      );
    }
    samples.push(first.at - started);
  }
  return median(samples);
}

try {
  const awsArgs = ['--endpoint-url', endpoint, 'ec2', 'run-instances', '--image-id', 'ami-0123456789abcdef0'];
  const aws = { name: 'aws ec2 run-instances', value: await firstRequest(AWS, awsArgs) };
  const withBucket = join(ROOT, 'roles.yaml');
  const without = join(state, 'roles.yaml');
  await writeFile(without, (await readFile(withBucket, 'utf8')).replace(/^bucket: .*$/m, ''));
  const launch = (file) => [
    LAUNCH,
    '--role',
    'memcached',
    '--env',
    'prod',
    '--context',
    'b',
    '--catalogue',
    file,
  ];
  figure('launch: process start to RunInstances', await firstRequest('node', launch(without)), aws, 0.5);
  figure('  with its records in a bucket', await firstRequest('node', launch(withBucket)), aws, 0.75);
} finally {
  server.close();
  await rm(state, { recursive: true, force: true });
}
