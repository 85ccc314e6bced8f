// Publishing a large archive to the local cloud's S3: its throughput against `aws s3 cp` (Debian's) to the same endpoint,
// and the peak memory of the process at two sizes.
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { figure, median, ROLECALL, run } from './measure.mjs';
import { peakMeter } from './parts/peak.mjs';

const AWS = '/usr/bin/aws';
const TIMES = 3;
const MB = 1_000_000;
const folder = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
const state = join(folder, 'state');
const catalogue = join(folder, 'roles.yaml');
await writeFile(
  catalogue,
  `version: 1
name: bench
region: eu-central-1
ami: ami-0123456789abcdef0
bucket: bench-rolecall
apps: {shop: }
environments: {prod: }
contexts: {a: }
roles: {web: {app: shop, instance_type: t3.micro}}
`,
);

const peak = await peakMeter(folder);

const rolecall = (args, env = {}) =>
  run('node', [ROLECALL, ...args], { env: { XDG_STATE_HOME: state, ...env } });

async function checked(result) {
  const { code, stdout, stderr } = await result;
  if (code !== 0) throw new Error(`ended with ${code}:\n${stdout}\n${stderr}`);
  return (await result).ms;
}

/** An archive of random bytes in a stored (level 0) gzip, with its manifest beside it, as `release build` leaves them. */
async function archive(tag, bytes) {
  const path = join(folder, `${tag}.tar.gz`);
  const whole = createHash('sha256');
  const inside = createHash('sha256');
  const gzip = createGzip({ level: 0 });
  const file = createWriteStream(path);
  let size = 0;
  gzip.on('data', (chunk) => {
    whole.update(chunk);
    size += chunk.length;
  });
  gzip.pipe(file);
  const head = tarHeader('random', bytes);
  const write = async (chunk) => {
    inside.update(chunk);
    if (!gzip.write(chunk)) await once(gzip, 'drain');
  };
  await write(head);
  for (let left = bytes; left > 0; left -= 4 * MB)
    await write(randomFillSync(Buffer.alloc(Math.min(left, 4 * MB))));
  const padding = 512 - (bytes % 512 || 512);
  await write(Buffer.alloc(padding + 1024));
  gzip.end();
  await once(file, 'close');
  const now = new Date().toISOString();
  const manifest = {
    version: 1,
    app: 'shop',
    tag,
    archive: `${tag}.tar.gz`,
    sha256: whole.digest('hex'),
    size,
    tar_sha256: inside.digest('hex'),
    tar_size: head.length + bytes + padding + 1024,
    commit: '0'.repeat(40),
    committed: now,
    dirty: false,
    created: now,
    by: 'bench',
    init: [],
  };
  await writeFile(`${path}.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  return path;
}

/** A ustar header of one file. */
function tarHeader(name, size) {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

async function publish(path) {
  const args = ['release', 'publish', '--archive', path, '--catalogue', catalogue, '--local'];
  const ms = await checked(rolecall(args, peak.env));
  return { ms, peakMb: await peak.megabytes() };
}

try {
  await checked(rolecall(['local', 'up', '--boxes', 'limited']));
  const { stdout } = await rolecall(['local', 'env']);
  const env = Object.fromEntries(
    [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
  );
  const aws = (...args) =>
    checked(run(AWS, ['--endpoint-url', env.AWS_ENDPOINT_URL_S3, 's3', ...args], { env }));
  const ours = [];
  const theirs = [];
  let highest = 0;
  await aws('mb', 's3://bench-other');
  for (let turn = 0; turn < TIMES; turn += 1) {
    // A build of its own for each turn: published once, a tag is not sent again.
    const path = await archive(`half-gb-${turn}`, 500 * MB);
    theirs.push(await aws('cp', '--no-progress', path, `s3://bench-other/half-gb-${turn}`));
    const { ms, peakMb } = await publish(path);
    ours.push(ms);
    highest = Math.max(highest, peakMb);
    await aws('rm', `s3://bench-other/half-gb-${turn}`);
    await rm(path);
  }
  const yardstick = { name: 'aws s3 cp', value: median(theirs) / 1000 };
  // At least 0.9 times the throughput is at most 1/0.9 times the time.
  figure('release publish, 500 MB', median(ours) / 1000, yardstick, 1 / 0.9, 's');
  figure('  its peak memory', highest, { name: '200 MB', value: 200 }, 1, 'MB');
  const { peakMb } = await publish(await archive('two-gb', 2_000 * MB));
  figure('release publish, 2 GB: peak memory', peakMb, { name: '200 MB', value: 200 }, 1, 'MB');
} finally {
  await rolecall(['local', 'down']);
  await rm(folder, { recursive: true, force: true });
}
