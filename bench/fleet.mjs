// Fleets of simulated machines under EC2's documented throttling: requests, delays, pace and memory of `rolecall scale`, beside
// the loop that a user would script. usage: node bench/fleet.mjs [N ...] [--verb launch] [--speed S] [--beacons true|false]
// [--no-loop] [--detail]
import { parseArgs } from 'node:util';
import { scriptedLoop } from './parts/loop.mjs';
import { scaleOut } from './parts/scale-out.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    verb: { type: 'string', default: 'scale' },
    speed: { type: 'string' },
    detail: { type: 'boolean' },
    loop: { type: 'boolean', default: true },
    beacons: { type: 'string' },
  },
});
const sizes = positionals.length > 0 ? positionals.map(Number) : [1, 10, 100, 1000, 10_000];
/** So large a loop takes minutes. */
const MOST_LOOPED = 100;
/** Delays are measured at this machine's own pace; 10,000 machines take 75 minutes of EC2's time, and two cores keep up with so much. */
const speedOf = (count) => Number(values.speed ?? (count <= 1000 ? 1 : count <= 2000 ? 5 : 12));
/** Above this, what this machine needs to compute would count as many times longer. */
const FAIR_SPEED = 2;

/** Smaller fleets are looked at far more often, to show each step: they tell nothing of how requests grow. */
const WATCHED_STEP_BY_STEP = 20;

/** Above this, reading consoles takes an hour, or a clock so fast that two cores don't keep up: only where it is asked for. */
const MOST_CONSOLES = 1000;
/** `--beacons true` or `false`: one of the two alone. */
const channelsOf = (count) => {
  if (values.beacons !== undefined) return [values.beacons === 'true'];
  return count > MOST_CONSOLES ? [true] : [true, false];
};

const COLUMNS = [9, 16, 9, 10, 9, 8, 8, 9, 10, 8];
const row = (...cells) => console.log(cells.map((cell, i) => String(cell).padStart(COLUMNS[i])).join(' '));
const seconds = (ms) => (ms === undefined ? '-' : `${(ms / 1000).toFixed(1)} s`);
const quantile = (sorted, part) => sorted[Math.ceil(sorted.length * part) - 1];
const misses = [];
/** Notes a figure that is not reached. */
const expected = (name, value, limit) => {
  if (value > limit) misses.push(`${name}: ${value.toFixed(2)}, at most ${limit}`);
};

row('machines', 'how', 'requests', 'a machine', 'throttled', 'p99', 'own', 'wall', 'asked in', 'memory');
const measured = { true: [], false: [] };
for (const count of sizes) {
  for (const beacons of channelsOf(count)) {
    const speed = speedOf(count);
    const result = await scaleOut({ count, beacons, speed, verb: values.verb });
    const delays = result.delays.toSorted((a, b) => a - b);
    const isFair = speed <= FAIR_SPEED;
    const p99 = isFair ? quantile(delays, 0.99) : undefined;
    // The part that is rolecall's: from the beacon in S3, or the marker on the console, to the event.
    const ownP99 = isFair
      ? quantile(
          result.told.toSorted((a, b) => a - b),
          0.99,
        )
      : undefined;
    const asked = seconds(result.askedMs);
    const perMachine = (result.requests / count).toFixed(2);
    const how = `${values.verb}${beacons ? ', beacons' : ''}`;
    const counts = [result.requests, perMachine, result.throttled];
    row(
      count,
      how,
      ...counts,
      seconds(p99),
      seconds(ownP99),
      seconds(result.wallMs),
      asked,
      `${result.megabytes.toFixed(0)} MB`,
    );
    if (values.detail) console.log(JSON.stringify(result.byName));
    if (count > WATCHED_STEP_BY_STEP) measured[beacons].push({ count, requests: result.requests });
    judge(count, beacons, result, p99);
  }
  if (count > MOST_LOOPED || !values.loop) continue;
  const { requests, throttled, wallMs } = await scriptedLoop({ count });
  row(
    count,
    'aws ec2, a loop',
    requests,
    (requests / count).toFixed(2),
    throttled,
    '-',
    '-',
    seconds(wallMs),
    '-',
    '-',
  );
}
for (const beacons of [true, false]) {
  const slope = slopeOf(measured[beacons]);
  if (slope !== undefined)
    console.log(
      `${beacons ? 'with' : 'without'} beacons: ${slope.toFixed(3)} requests for each further machine`,
    );
}
for (const miss of misses) console.log(`MISS  ${miss}`);
if (misses.length > 0) process.exitCode = 1;

/** The figures to reach. */
function judge(count, beacons, { requests, throttled, askedMs, megabytes }, p99) {
  if (count < 1000) return;
  const name = `${count} machines ${beacons ? 'with' : 'without'} beacons`;
  if (count === 1000 && beacons) expected(`${name}, requests`, requests, 150);
  if (!beacons) expected(`${name}, requests a machine`, requests / count, 2.5);
  expected(`${name}, part throttled`, throttled / requests, count > 1000 ? 0.01 : 0);
  if (beacons && p99 !== undefined) expected(`${name}, seconds to the verdict (p99)`, p99 / 1000, 3);
  expected(`${name}, MB`, megabytes, count > 1000 ? 600 : 250);
  if (count > 1000)
    expected(`${name}, part off EC2's own pace`, Math.abs(askedMs / 1000 / ((count - 1000) / 2) - 1), 0.05);
}

/** Least squares over what was measured. */
function slopeOf(points) {
  if (points.length < 2) return undefined;
  const mean = (key) => points.reduce((sum, point) => sum + point[key], 0) / points.length;
  const [x, y] = [mean('count'), mean('requests')];
  const over = points.reduce((sum, { count, requests }) => sum + (count - x) * (requests - y), 0);
  return over / points.reduce((sum, { count }) => sum + (count - x) ** 2, 0);
}
