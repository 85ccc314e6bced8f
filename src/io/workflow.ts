import { printable } from './text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the log of this process is read by GitHub Actions' runner, which takes commands from it. */
export const isGitHub = (env: Environment): boolean => env['GITHUB_ACTIONS'] === 'true';

/**
 * One error annotation as the runner reads it from a log: a line, newline included.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 * and its escapes: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
export function errorAnnotation(title: string, message: string): string {
  const text = message.split(/\r?\n/).map(printable).join('\n');
  return `::error title=${escapeProperty(printable(title))}::${escapeData(text)}\n`;
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/**
 * A machine's words that the runner takes no command from: it reads `::command::` at the beginning of a line, whatever
 * space is before it, and the old `##[command]` anywhere in one. A box could set the job's outputs or hide its log.
 * Control characters go first, since what prints the words drops them later.
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export const withoutCommands = (text: string): string =>
  text
    .split('\n')
    .map((line) =>
      printable(line)
        .replaceAll('##[', '## [')
        .replace(/^(\s*):(?=:)/, '$1: '),
    )
    .join('\n');
