// One scale-out of simulated machines by the bundled CLI, measured at the cloud.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLECALL, run } from '../measure.mjs';
import { bootEnds } from './boots.mjs';
import { simulatedCloud, totals } from './cloud.mjs';
import { peakMeter } from './peak.mjs';

export const REGION = 'eu-central-1';

/** Machines differ enough for the cloud to take their beacons as they come: it takes about a hundred a second. */
export const FAULTS = `throttling: documented
seed: 7
boxes:
  pending_ms: 4000
  kernel_ms: 6000
  steps: [{name: metadata, ms: 120}, {name: personality, ms: 30}, {name: init, ms: 20000}]
  jitter: 0.6
`;

const catalogue = (beacons) => `version: 1
name: bench
region: ${REGION}
ami: ami-0123456789abcdef0
bucket: bench-fleet
defaults: {instance_type: t3.small, timeout: 10m}
beacons: ${beacons}
environments: {prod: {}}
contexts: {b: {}}
roles: {web: {}}
`;

/** Consoles that are read afterwards for the boots' ends: no more, since that takes a minute a thousand. */
const MOST_CONSOLES = 1000;

/**
 * Brings an empty fleet to `count` machines.
 * @param verb `scale`: one machine first, then the others; `launch`: all at once
 * @returns times in milliseconds of the cloud's clock
 */
export async function scaleOut({ count, beacons, speed, verb = 'scale' }) {
  const folder = await mkdtemp(join(tmpdir(), 'rolecall-fleet-'));
  const cloud = await simulatedCloud(folder, { speed, faults: FAULTS });
  try {
    const file = join(folder, 'roles.yaml');
    await writeFile(file, catalogue(beacons));
    const size = verb === 'scale' ? ['--to', String(count), '--yes'] : ['--count', String(count)];
    const args = [verb, '--role', 'web', '--env', 'prod', '--context', 'b', ...size, '--local'];
    const peak = await peakMeter(folder);
    const seen = new Map();
    const launched = new Map();
    const told = [];
    const before = totals(await cloud.requests());
    const result = await run(
      process.execPath,
      [ROLECALL, ...args, '--catalogue', file, '--output', 'ndjson'],
      {
        env: { ...cloud.env, ...peak.env },
        onLine: (line) => {
          const event = JSON.parse(line);
          const id = event.instance_id;
          if (event.event === 'machine') launched.set(id, Date.parse(event.launched_at));
          if (event.event !== 'verdict' || event.verdict !== 'succeeded') return;
          seen.set(id, Date.parse(event.at));
          told.push(seen.get(id) - launched.get(id) - event.boot_ms);
        },
      },
    );
    const after = totals(await cloud.requests());
    if (result.code !== 0 || seen.size !== count)
      throw new Error(
        `${args.join(' ')} ended with ${result.code}, ${seen.size} succeeded:\n${result.stderr.slice(-4000)}`,
      );
    const ends = await bootEnds(cloud, REGION, [...seen.keys()].slice(0, MOST_CONSOLES));
    return {
      requests: after.requests - before.requests,
      throttled: after.throttled - before.throttled,
      byName: after.byName,
      // With beacons, from when S3 had it: what comes before is the box's sending, and this cloud's receiving.
      told,
      delays: [...ends].map(([id, end]) => seen.get(id) - end),
      wallMs: result.ms * speed,
      // The canary's token has come back while it booted.
      askedMs: span([...launched.values()].slice(verb === 'scale' && count > 1 ? 1 : 0)),
      megabytes: await peak.megabytes(),
    };
  } finally {
    await cloud.down();
    await rm(folder, { recursive: true, force: true });
  }
}

/** From the first to the last of these times. */
const span = (times) =>
  times.reduce((most, time) => Math.max(most, time), 0) -
  times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
