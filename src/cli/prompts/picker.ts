import { checkCount, MAX_COUNT } from '../../api/use-cases.ts';
import { UsageError } from '../../errors.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { Host } from '../context.ts';
import { askNumber, type Choice, pick } from './prompts.ts';

/** The names of a catalogue. */
export interface CatalogueNames {
  readonly roles: readonly { readonly name: string; readonly description?: string | undefined }[];
  readonly environments: readonly string[];
  readonly contexts: readonly string[];
}

/** What may be picked: plain data out of a catalogue. */
export interface LaunchChoices {
  readonly roles: readonly Choice[];
  readonly environments: readonly Choice[];
  readonly contexts: readonly Choice[];
}

/** What the command line has given already. */
export interface GivenAnswers {
  readonly role?: string | undefined;
  readonly environment?: string | undefined;
  readonly context?: string | undefined;
  readonly count?: number | undefined;
}

/** What to launch. */
export interface LaunchAnswers {
  readonly role: string;
  readonly environment: string;
  readonly context: string;
  readonly count: number;
  /** Something was asked: the caller shows the plan, and asks once more before it launches. */
  readonly picked: boolean;
}

const QUESTIONS = [
  { name: 'role', flag: '--role', list: 'roles', message: 'Which role?' },
  { name: 'environment', flag: '--env', list: 'environments', message: 'In which environment?' },
  { name: 'context', flag: '--context', list: 'contexts', message: 'In which context?' },
] as const;

/**
 * Completes what the command line left open: asks on a terminal, in the order role, environment, context, count (the
 * count only when the role was asked too; else it is 1).
 * @throws UsageError without a terminal, naming the missing flags
 * @throws InterruptedError at Ctrl-C
 */
export async function pickLaunch(
  terminal: Terminal,
  choices: LaunchChoices,
  given: GivenAnswers,
): Promise<LaunchAnswers> {
  const open = QUESTIONS.filter(({ name }) => given[name] === undefined);
  if (open.length > 0 && !terminal.interactive) throw missingFlags(open, choices);
  const answers = {
    role: given.role ?? '',
    environment: given.environment ?? '',
    context: given.context ?? '',
  };
  for (const { name, list, message } of open) {
    answers[name] = await pick(terminal, message, choices[list]);
  }
  const count = given.count ?? (given.role === undefined ? await askCount(terminal) : 1);
  return { ...answers, count, picked: open.length > 0 };
}

const askCount = (terminal: Terminal): Promise<number> =>
  askNumber(terminal, 'How many machines?', { min: 1, max: MAX_COUNT, suggested: 1 });

function missingFlags(open: readonly (typeof QUESTIONS)[number][], choices: LaunchChoices): UsageError {
  const flags = open.map(({ flag }) => flag);
  const offers = open.map(
    ({ flag, list }) =>
      `${flag} ${choices[list].map((choice) => choice.value).join('|') || '(none in the catalogue)'}`,
  );
  return new UsageError(`missing ${flags.join(', ')}: without a terminal rolecall asks no questions`, {
    hint: `add ${offers.join(' ')}`,
  });
}

/** Completes the arguments: asks on a terminal for what is missing, else throws a UsageError that names the flags. */
export async function askLaunch(
  given: GivenAnswers,
  catalogue: CatalogueNames,
  { terminal }: Pick<Host, 'terminal'>,
): Promise<LaunchAnswers> {
  checkCount(given.count);
  const named = (names: readonly string[]) => names.map((value) => ({ value }));
  return await pickLaunch(
    terminal,
    {
      roles: catalogue.roles.map(({ name, description }) => ({ value: name, description })),
      environments: named(catalogue.environments),
      contexts: named(catalogue.contexts),
    },
    given,
  );
}
