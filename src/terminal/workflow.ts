import { LEAST } from '../masks.ts';
import { printable } from '../text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the log of this process is read by GitHub Actions' runner, which takes commands from it. */
export const isGitHub = (env: Environment): boolean => env['GITHUB_ACTIONS'] === 'true';

/** Whether this process's log is read by a CI system that takes commands from it: GitHub's, Azure Pipelines' or TeamCity's. */
const logTakesCommands = (env: Environment): boolean =>
  isGitHub(env) || env['TF_BUILD'] !== undefined || env['TEAMCITY_VERSION'] !== undefined;

/**
 * One error annotation as the runner reads it from a log: a line, newline included.
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 * and its escapes: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
export const errorAnnotation = (title: string, message: string): string =>
  annotation('error', title, message);

/** The same for a warning. */
export const warningAnnotation = (title: string, message: string): string =>
  annotation('warning', title, message);

function annotation(command: 'error' | 'warning', title: string, message: string): string {
  const text = message.split(/\r?\n/).map(printable).join('\n');
  return `::${command} title=${escapeProperty(printable(title))}::${escapeData(text)}\n`;
}

/**
 * The commands that make GitHub's runner hide secrets in all that the job prints: a line each, for each line of a value.
 */
export const addMasks = (secrets: readonly string[]): string =>
  [...new Set(secrets.flatMap((secret) => secret.split(/[\r\n]+/).map((line) => line.trim())))]
    .filter((line) => line.length >= LEAST)
    .map((line) => `::add-mask::${escapeData(line)}\n`)
    .join('');

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/**
 * A machine's words that a runner takes no command from: GitHub's reads `::command::` at the beginning of a line, whatever
 * space is before it, and the old `##[command]` anywhere in one; Azure Pipelines reads `##vso[command]`, TeamCity
 * `##teamcity[message]`. A box could set the job's outputs or hide its log. Control characters go first, since what prints
 * the words drops them later.
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 * @see https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
 * @see https://www.jetbrains.com/help/teamcity/service-messages.html
 */
export const withoutCommands = (text: string): string =>
  text
    .split('\n')
    .map((line) =>
      printable(line)
        .replace(/##(?=\w*\[)/g, '## ')
        .replace(/^(\s*):(?=:)/, '$1: '),
    )
    .join('\n');

/** What takes such commands out of a machine's words; undefined where no log of this process is read for any. */
export const defuserFor = (env: Environment): ((text: string) => string) | undefined =>
  logTakesCommands(env) ? withoutCommands : undefined;
