import { regionFor } from '../../actions/region.ts';
import { type CloudChoice, inSession } from '../../actions/session.ts';
import { type ExitCode, exitCode } from '../../errors.ts';
import type { InstanceId } from '../../model.ts';
import { jsonReport } from '../../reporters/json.ts';
import { breakOf, say, write } from '../../terminal/streams.ts';
import { type ConsolePart, followConsole, readConsole } from '../../watch/follow.ts';
import type { Host } from '../context.ts';
import { MachineText } from '../machine-text.ts';

export interface ConsoleWords extends CloudChoice {
  readonly instance: InstanceId;
  readonly follow: boolean;
  readonly json: boolean;
  /** Whether the text is printed as the machine printed it, escape sequences and all. */
  readonly raw: boolean;
}

/** Prints a console: its text on stdout, what is known to be missing from it on stderr. */
export async function runConsole(words: ConsoleWords, host: Host): Promise<ExitCode> {
  const text = new MachineText(host, words.raw);
  const place = { choice: words, region: await regionFor(words, host), catalogue: undefined };
  return await inSession(place, host, async ({ ec2 }) => {
    if (!words.follow) {
      const parts = await readConsole(ec2, words.instance);
      if (words.json) await write(host.terminal.stdout, consoleDocument(words.instance, parts));
      else {
        for (const part of parts) await show(part, text, host);
        await write(host.terminal.stdout, text.rest());
      }
      return exitCode('ok');
    }
    for await (const part of followConsole(ec2, words.instance, host.clock, host.signal)) {
      await show(part, text, host);
      if (breakOf(host.terminal.stdout) !== undefined) break;
    }
    await write(host.terminal.stdout, text.rest());
    // Ctrl-C is how following ends.
    return exitCode('ok');
  });
}

/** `console --output json`: the text as it is, where parts of it are missing a `gap` between. */
const consoleDocument = (instance: InstanceId, parts: readonly ConsolePart[]): string =>
  jsonReport({ instance_id: instance, parts });

async function show(part: ConsolePart, text: MachineText, { terminal }: Host): Promise<void> {
  if ('text' in part) return write(terminal.stdout, text.next(part.text));
  await write(terminal.stdout, text.rest());
  const what =
    part.gap === 'gap'
      ? 'a part is missing here: it was overwritten before it was read'
      : 'the console began anew here';
  return say(terminal.stderr, `\n[${what}]\n`);
}
