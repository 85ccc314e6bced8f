import { execFileSync } from 'node:child_process';
import { ROOT } from '../support/cli.ts';
import type { Findings, Settings } from './part.ts';

/** The campaigns' findings as a table in Markdown, as docs/reliability.md has it. */
export function table(findings: readonly Findings[], { seed, sample }: Settings): string {
  const rows = findings.map(({ part, tried, violations, figures, seconds }) =>
    row([part, String(tried), String(violations.length), figures.join('; '), `${Math.round(seconds)} s`]),
  );
  const head = [
    row(['Part', 'Tried', 'Violations', 'Figures', 'Time']),
    row(['---', '---:', '---:', '---', '---:']),
  ];
  return `${[...head, ...rows].join('\n')}\n\nSeed ${seed}, sample ${sample}, commit ${commit()}.\n`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}
