/** The campaigns against losses and false verdicts: npm run test:faults [-- PART ...] [--seed N] [--sample 0.1]. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Findings, Settings } from './part.ts';
import { consoleCampaign } from './parts/consoles.ts';
import { inputCampaign } from './parts/input.ts';
import { killCampaign } from './parts/kills.ts';
import { proxyCampaign } from './parts/proxy.ts';
import { table } from './table.ts';

const PARTS: Readonly<Record<string, (settings: Settings) => Promise<Findings>>> = {
  proxy: proxyCampaign,
  kills: killCampaign,
  consoles: consoleCampaign,
  input: inputCampaign,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    sample: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(cpus().length * 2) },
  },
});
const names = positionals.length === 0 ? Object.keys(PARTS) : positionals;
const unknown = names.filter((name) => !(name in PARTS));
const sample = Number(values.sample);
if (unknown.length > 0 || !(sample > 0 && sample <= 1)) {
  process.stderr.write(
    `usage: npm run test:faults -- [${Object.keys(PARTS).join('|')}] ... [--seed TEXT] [--sample 0.1] [--only TEXT] [--jobs N]\n`,
  );
  process.exit(2);
}
const settings: Settings = { seed: values.seed, sample, only: values.only, jobs: Number(values.jobs) };
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const findings: Findings[] = [];
for (const name of names) {
  const found = await PARTS[name]?.(settings);
  if (found === undefined) continue;
  findings.push(found);
  for (const violation of found.violations) process.stderr.write(`${name}: ${violation}\n`);
}
process.stdout.write(table(findings, settings));
process.exitCode = findings.some(({ violations }) => violations.length > 0) ? 1 : 0;
