import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { Command } from './command.ts';
import type { Entry } from './commands.ts';

/** A parsed command line: values to run with, or text to print (`--help`). */
export type Parsed =
  | { readonly kind: 'run'; readonly values: unknown }
  | { readonly kind: 'help'; readonly text: string };

/**
 * Parses the arguments of one command.
 * @param columns width that the help may take
 * @throws UsageError for unknown, missing or malformed arguments
 */
export async function parseArguments(
  entry: Entry,
  command: Command,
  rest: readonly string[],
  columns: number,
): Promise<Parsed> {
  const { default: yargs } = await import('yargs');
  const name = entry.words.join(' ');
  const parser = yargs()
    .scriptName('rolecall')
    .locale('en')
    // Everything after -- belongs to the user's own command (local exec).
    .parserConfiguration({
      'populate--': true,
      'duplicate-arguments-array': false,
      'strip-aliased': true,
      'strip-dashed': false,
    })
    .usage(
      `rolecall ${name}${command.positionals && ` ${command.positionals}`}\n\n${sentence(entry.describe)}`,
    )
    .help('help')
    .alias('help', 'h')
    .version(false)
    .wrap(Math.min(columns, 100))
    .exitProcess(false)
    .strict();
  const withOptions = command
    .options(parser)
    .option('debug', { type: 'boolean', default: false, describe: 'Print stack traces', global: true });
  for (const [line, what] of command.examples ?? []) withOptions.example(line, what);
  let values: unknown;
  let help: string | undefined;
  withOptions
    .command(`$0${command.positionals && ` ${command.positionals}`}`, false, {}, (parsed) => {
      values = parsed;
    })
    .fail((message, error) => {
      const text = explained(message || error.message, command);
      throw new UsageError(text, { hint: `rolecall ${name} --help`, cause: error });
    });
  await withOptions.parseAsync([...rest], {}, (_error, _values, output) => {
    if (output) help = output;
  });
  return help === undefined ? { kind: 'run', values } : { kind: 'help', text: `${help}\n` };
}

/** yargs' words in ours, with the option that an unknown one was probably meant to be. */
function explained(message: string, { positionals, optionNames }: Command): string {
  if (message.startsWith('Not enough non-option arguments')) return `missing ${positionals}`;
  const said = message.replace(/\n\s*/g, ' ');
  const unknown = /^Unknown arguments?: ([\w-]{2,})/.exec(said)?.[1];
  const near = unknown === undefined ? undefined : nearest(unknown, optionNames);
  return near === undefined ? said : `${said}; did you mean --${near}?`;
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
