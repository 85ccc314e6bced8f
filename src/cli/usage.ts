import { COMMANDS } from './commands.ts';

/** The top-level help, or that of one group of commands (`roles`, `local`). */
export function usageText(group?: string): string {
  const listed = COMMANDS.filter(({ words }) => group === undefined || words[0] === group);
  const width = Math.max(...listed.map(({ words }) => words.join(' ').length));
  const lines = listed.map(({ words, describe }) => `  ${words.join(' ').padEnd(width)}  ${describe}`);
  return `${[
    group === undefined ? 'rolecall COMMAND [options]' : `rolecall ${group} COMMAND [options]`,
    '',
    'Launch EC2 machines into roles from one shared AMI, and prove that each one booted into its role.',
    '',
    'Commands:',
    ...lines,
    '',
    'rolecall COMMAND --help tells a command’s options; rolecall --version tells the version.',
    'No AWS account at hand? Add --local.',
  ].join('\n')}\n`;
}
