import { type UseCases, useCases } from '../../api/use-cases.ts';
import { type ExitCode, exitCode, UsageError } from '../../errors.ts';
import { jsonReport } from '../../reporters/json.ts';
import { breakOf, say, write } from '../../terminal/streams.ts';
import { command } from '../command.ts';
import type { Host } from '../context.ts';
import { MachineText, machineInput } from '../machine-text.ts';
import { cloudOptions, machineTextOptions } from '../options.ts';

/** `rolecall console INSTANCE`: the console as far as EC2 has it, in both of EC2's modes. */
export default command({
  positionals: '<instance>',
  options: {
    ...cloudOptions,
    follow: {
      alias: 'f',
      type: 'boolean',
      default: false,
      describe: 'Go on as the console grows, until Ctrl-C',
    },
    ...machineTextOptions,
  },
  run: async (values, host) => {
    const { instance, raw, json } = machineInput(values);
    if (json && values.follow) {
      throw new UsageError('--follow has no end, and --output json is one document', {
        hint: 'leave out one of them',
      });
    }
    const rolecall = useCases(values, host);
    if (values.follow) return await printParts(rolecall.consoleFollowed({ instance }), raw, host);
    const parts = await rolecall.console({ instance });
    if (!json) return await printParts(parts, raw, host);
    // The text as it is; where parts of it are missing a `gap` stands between.
    await write(host.terminal.stdout, jsonReport({ instance_id: instance, parts }));
    return exitCode('ok');
  },
});

type Part = Awaited<ReturnType<UseCases['console']>>[number];

/** Prints the text on stdout, and what is known to be missing from it on stderr. Ctrl-C is how following ends. */
async function printParts(
  parts: AsyncIterable<Part> | Iterable<Part>,
  raw: boolean,
  host: Host,
): Promise<ExitCode> {
  const text = new MachineText(host, raw);
  const { stdout, stderr } = host.terminal;
  for await (const part of parts) {
    if ('text' in part) await write(stdout, text.next(part.text));
    else {
      await write(stdout, text.rest());
      await say(stderr, `\n[${GAPS[part.gap]}]\n`);
    }
    if (breakOf(stdout) !== undefined) break;
  }
  await write(stdout, text.rest());
  return exitCode('ok');
}

const GAPS = {
  gap: 'a part is missing here: it was overwritten before it was read',
  restarted: 'the console began anew here',
} as const;
