import type { Role } from '../../catalogue/role.ts';
import { UsageError } from '../../errors.ts';
import type { Member } from '../../fleet/members.ts';
import { columnsOf } from '../../terminal/terminal.ts';
import { counted } from '../../text.ts';
import type { Host } from '../context.ts';
import { confirm } from './prompts.ts';

const QUESTIONS = { scale: 'End', replace: 'Replace', terminate: 'End' } as const;

/**
 * Shows the machines that are to go, and asks.
 * @throws UsageError without a terminal, naming the flag that answers
 */
export async function askToEnd(
  verb: keyof typeof QUESTIONS,
  members: readonly Member[],
  { role, environment, context }: Pick<Role, 'role' | 'environment' | 'context'>,
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
  const { memberLines } = await import('../../reporters/members.ts');
  const lines = memberLines(members, clock.now(), columnsOf(terminal));
  terminal.stderr.write(`${lines.join('\n')}\n`);
  const agreed = await confirm(terminal, `${QUESTIONS[verb]} ${what}?`, false);
  if (!agreed) terminal.stderr.write('nothing was ended\n');
  return agreed;
}
