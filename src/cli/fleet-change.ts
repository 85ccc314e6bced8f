import type { Role } from '../catalogue/role.ts';
import type { Member } from '../fleet/members.ts';
import type { OutputFormat } from '../reporters/progress.ts';
import type { Host } from './context.ts';
import { ShownRun } from './progress.ts';
import { askToEnd } from './prompts/confirm.ts';
import type { ReportFileWords } from './report-files.ts';

interface ChangeWords extends ReportFileWords {
  readonly yes: boolean;
  readonly output: string;
  readonly against?: string | undefined;
}

/** How a change of a fleet is shown, and how people are asked before machines are ended. */
export function shownChange(
  verb: 'scale' | 'replace',
  words: ChangeWords,
  role: Role,
  host: Host,
): { readonly shown: ShownRun; readonly agreed: (members: readonly Member[]) => Promise<boolean> } {
  const shown = new ShownRun({ ...words, output: words.output as OutputFormat }, host);
  const ask = (members: readonly Member[]) => askToEnd(verb, members, role, words, host);
  return {
    shown,
    agreed: (members) => (words.yes ? ask(members) : shown.aside(() => ask(members))),
  };
}
