import type { RoleName } from '../../api/use-cases.ts';
import { InterruptedError, UsageError } from '../../errors.ts';
import { memberLines } from '../../reporters/members.ts';
import type { Member } from '../../results/fleet-state.ts';
import { plain } from '../../terminal/paint.ts';
import { columnsOf, type Terminal } from '../../terminal/terminal.ts';
import { counted, pad, printable, truncate, widthOf, wrap } from '../../text.ts';
import type { Host } from '../context.ts';

/** One answer that a list offers. */
export interface Choice {
  readonly value: string;
  readonly description?: string | undefined;
}

/** Questions as inquirer's module takes them: the few fields that are used here. */
type Question =
  | { readonly type: 'select'; readonly choices: readonly SelectChoice[]; readonly pageSize: number }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly required: true }
  | { readonly type: 'confirm' };

interface SelectChoice {
  readonly value: string;
  readonly name: string;
  readonly short: string;
  readonly description?: string;
}

/** The list's pointer and the space after it, and a free last column. */
const LIST_MARGIN = 3;
const PAGE_SIZE = 10;

/**
 * Asks for one of a list. @throws InterruptedError when the operator presses Ctrl-C or Ctrl-D, as all questions do.
 */
export async function pick(terminal: Terminal, message: string, choices: readonly Choice[]): Promise<string> {
  const listed = listChoices(choices, columnsOf(terminal) - LIST_MARGIN);
  return String(await ask(terminal, message, { type: 'select', choices: listed, pageSize: PAGE_SIZE }));
}

/** Asks for a whole number within bounds. */
export async function askNumber(
  terminal: Terminal,
  message: string,
  bounds: { readonly min: number; readonly max: number; readonly suggested: number },
): Promise<number> {
  const { min, max, suggested } = bounds;
  return Number(await ask(terminal, message, { type: 'number', min, max, required: true }, suggested));
}

/** Asks yes or no. */
export async function confirm(terminal: Terminal, message: string, suggested: boolean): Promise<boolean> {
  return (await ask(terminal, message, { type: 'confirm' }, suggested)) === true;
}

/**
 * The lines of a list: names in a column and as much of each description as fits; one that was cut is shown whole below
 * the list while its line is chosen.
 */
export function listChoices(choices: readonly Choice[], columns: number): SelectChoice[] {
  const widest = Math.min(columns, Math.max(0, ...choices.map(({ value }) => widthOf(value))));
  return choices.map(({ value, description = '' }) => {
    const text = printable(description);
    const line = text === '' ? value : `${pad(value, widest)}  ${text}`;
    const name = truncate(line, columns);
    return {
      value,
      name,
      short: value,
      ...(name !== line && text !== '' && { description: wrap(text, columns, 0).join('\n') }),
    };
  });
}

async function ask(
  terminal: Terminal,
  message: string,
  question: Question,
  suggested?: unknown,
): Promise<unknown> {
  const { inquirer } = await import('./inquirer.ts');
  const { stdin, stderr } = terminal;
  stdin.on('newListener', withoutRethrower);
  const prompt = inquirer.createPromptModule({ input: stdin, output: stderr });
  const theme = terminal.colour.stderr ? {} : { theme: colourless };
  const asked = prompt([
    {
      ...question,
      ...theme,
      name: 'answer',
      message,
      ...(suggested !== undefined && { default: suggested }),
    },
  ]);
  // inquirer leaves a question open for ever when its input ends; nobody is there to answer then.
  const closed = () => asked.ui.close();
  const pressed = (_text: unknown, key?: { readonly ctrl?: boolean; readonly name?: string }) => {
    if (key?.ctrl === true && key.name === 'd') closed();
  };
  for (const event of ENDS) stdin.once(event, closed);
  stdin.on('keypress', pressed);
  try {
    const answers: { readonly answer?: unknown } = await asked;
    return answers.answer;
  } catch (error) {
    if (isGivenUp(error)) throw new InterruptedError('given up at a question: nothing was launched');
    throw error;
  } finally {
    for (const event of ENDS) stdin.off(event, closed);
    stdin.off('newListener', withoutRethrower);
    stdin.off('keypress', pressed);
  }
}

/** How an input tells that nobody will answer; a terminal that is hung up gives an error. */
const ENDS = ['end', 'error', 'close'] as const;

/**
 * Takes away readline's listener to errors of its input. It emits them anew where inquirer has no listener, so that a
 * terminal that is hung up would end the process by an uncaught exception.
 */
function withoutRethrower(this: Terminal['stdin'], event: string | symbol, listener: () => void): void {
  if (event === 'error' && listener.name === 'onerror') queueMicrotask(() => this.off('error', listener));
}

/** inquirer's errors for Ctrl-C and for a prompt that was closed; their names are its documented way to tell. */
const isGivenUp = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError');

/** inquirer's theme in words and glyphs alone, for `NO_COLOR`. */
const colourless = {
  prefix: { idle: '?', done: '✔' },
  style: {
    answer: plain.strong,
    message: plain.strong,
    error: (text: string) => `> ${text}`,
    defaultAnswer: (text: string) => `(${text})`,
    help: plain.faint,
    highlight: plain.strong,
    description: plain.faint,
    keysHelpTip: (keys: [string, string][]) => keys.map(([key, action]) => `${key} ${action}`).join(' • '),
  },
};

const QUESTIONS = { scale: 'End', replace: 'Replace', terminate: 'End' } as const;

/**
 * Shows the machines that are to go, and asks.
 * @throws UsageError without a terminal, naming the flag that answers
 */
export async function askToEnd(
  verb: keyof typeof QUESTIONS,
  members: readonly Member[],
  { role, environment, context }: RoleName,
  { yes }: { readonly yes: boolean },
  { terminal, clock }: Host,
): Promise<boolean> {
  if (yes) return true;
  const what = `${counted(members.length, 'machine')} of ${role} ${environment}/${context}`;
  if (!terminal.interactive)
    throw new UsageError(
      `${verb} would ${QUESTIONS[verb].toLowerCase()} ${what}, and there is no terminal to ask`,
      {
        hint: `--yes does it without asking; --dry-run shows which${verb === 'terminate' ? '' : ', and does nothing'}`,
      },
    );
  const lines = memberLines(members, clock.now(), columnsOf(terminal));
  terminal.stderr.write(`${lines.join('\n')}\n`);
  const agreed = await confirm(terminal, `${QUESTIONS[verb]} ${what}?`, false);
  if (!agreed) terminal.stderr.write('nothing was ended\n');
  return agreed;
}
