// Reads Jest's JSON results in a folder, prints a line a lane, and the closing line "N passed, N failed". Ends non-zero
// when a lane ran no test, anything failed, or anything was skipped. usage: node scripts/count.mjs FOLDER
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import jest from '../jest.config.js';

const folder = process.argv[2];
const lanes = new Map(
  jest.projects.map(({ displayName }) => [displayName, { passed: 0, failed: 0, skipped: 0 }]),
);
const laneOf = (file) => /\.([a-z0-9]+)\.test\.ts$/.exec(file)?.[1] ?? 'unit';
// A file that could not be read or run has no tests: it counts as one that failed.
const counted = (file) =>
  file.assertionResults.length === 0 && file.status === 'failed'
    ? [{ status: 'failed' }]
    : file.assertionResults;

for (const name of readdirSync(folder).filter((each) => each.endsWith('.json'))) {
  for (const file of JSON.parse(readFileSync(join(folder, name), 'utf8')).testResults) {
    const lane = lanes.get(laneOf(file.name));
    if (lane === undefined) throw new Error(`${file.name} is of no lane of jest.config.js`);
    for (const { status } of counted(file)) {
      if (status === 'passed') lane.passed += 1;
      else if (status === 'failed') lane.failed += 1;
      else lane.skipped += 1;
    }
  }
}

const sum = { passed: 0, failed: 0, skipped: 0, empty: 0 };
for (const [name, { passed, failed, skipped }] of lanes) {
  console.log(`${name}: ${passed} passed, ${failed} failed`);
  if (passed + failed === 0) console.log(`no test of the lane ${name} ran: that is a failure`);
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  sum.empty += passed + failed === 0 ? 1 : 0;
}
if (sum.skipped > 0) console.log(`${sum.skipped} skipped: no test may be skipped`);
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed + sum.skipped + sum.empty > 0 ? 1 : 0;
