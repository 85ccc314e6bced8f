/**
 * Runs the scripts of test/failures in real boxes and counts how often the reason told is the true one:
 * npm run failures [-- NAME ...] [--blind] [--save FILE].
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runAll } from './boxes.ts';
import { clustering } from './clustering.ts';
import { wrongWith } from './judge.ts';
import { readTruth } from './truth.ts';

/** The part of the reasons that must be right. */
const LEAST_RIGHT = 0.97;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { blind: { type: 'boolean', default: false }, save: { type: 'string' } },
});
const all = readTruth();
const unknown = positionals.filter((name) => !all.some((truth) => truth.name === name));
if (unknown.length > 0) {
  process.stderr.write(`test/failures/truth.yaml has no entry ${unknown.join(', ')}\n`);
  process.exit(2);
}
const chosen = all
  .filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  .filter(({ blind }) => blind || !values.blind);

const began = performance.now();
const came = await runAll(chosen, (one) => {
  for (const fault of wrongWith(one)) process.stderr.write(`${one.truth.name}: ${fault}\n`);
});
if (values.save !== undefined) writeFileSync(values.save, `${JSON.stringify(came, null, 1)}\n`);

const { repeated, together, apart, merged } = clustering(came);
for (const pair of apart) process.stderr.write(`one cause, two clusters: ${pair}\n`);
for (const pair of merged) process.stderr.write(`two causes, one cluster: ${pair}\n`);

const right = came.filter((one) => wrongWith(one).length === 0);
const blind = (some: typeof came) => some.filter(({ truth }) => truth.blind).length;
process.stdout.write(`reason right ${right.length} of ${came.length}; blind ${blind(right)} of ${blind(came)}
same cause together ${together.length} of ${repeated}
different causes merged ${merged.length}
${Math.round((performance.now() - began) / 1000)} s
`);
const isGood =
  right.length >= LEAST_RIGHT * came.length && together.length === repeated && merged.length === 0;
process.exitCode = isGood ? 0 : 1;
