// The whole main job on the local cloud: process start to exit with the verdict "succeeded", and from the box's last
// marker to the verdict on stdout.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, LAUNCH, median, run } from './measure.mjs';

const TIMES = 7;
// A fresh state folder, but the machine's own image cache: the first launch builds the image and is not timed.
const state = await mkdtemp(join(tmpdir(), 'rolecall-bench-'));
const args = [
  LAUNCH,
  '--role',
  'memcached',
  '--env',
  'prod',
  '--context',
  'b',
  '--local',
  '--output',
  'ndjson',
];
const walls = [];
const delays = [];
try {
  for (let turn = 0; turn <= TIMES; turn += 1) {
    let verdictSeen;
    let launchedAt;
    const result = await run('node', args, {
      env: { XDG_STATE_HOME: state },
      onLine: (line, at) => {
        const event = JSON.parse(line);
        if (event.event === 'machine') launchedAt = Date.parse(event.launched_at);
        // boot_ms ends with the verdict's marker, by the box's clock, which is this machine's.
        if (event.event === 'verdict') verdictSeen = { at, markedAt: launchedAt + event.boot_ms };
      },
    });
    if (result.code !== 0)
      throw new Error(`launch ended with ${result.code}:\n${result.stderr}\n${result.stdout}`);
    if (turn === 0) continue;
    walls.push(result.ms);
    delays.push(verdictSeen.at - verdictSeen.markedAt);
  }
} finally {
  await rm(state, { recursive: true, force: true });
}
figure('launch memcached --local: start to exit', median(walls) / 1000, { name: '1 s', value: 1 }, 3, 's');
figure('last marker to verdict on stdout', median(delays) / 1000, { name: '1 s', value: 1 }, 1, 's');
