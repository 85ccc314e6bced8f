import { useCases } from '../../api/use-cases.ts';
import type { ExitCode } from '../../errors.ts';
import { memberDocument } from '../../reporters/fleets.ts';
import { memberLines } from '../../reporters/members.ts';
import { widthFor } from '../../terminal/terminal.ts';
import { counted } from '../../text.ts';
import { command, type Values } from '../command.ts';
import type { Host } from '../context.ts';
import { fleetOptions, OUTPUT } from '../options.ts';
import { print, printOutcome } from '../print.ts';
import { askToEnd } from '../prompts/prompts.ts';

const { order: _, junit: __, report: ___, against: ____, ...ownOptions } = fleetOptions;

const options = {
  launch: { type: 'string', hidden: true },
  fleet: {
    type: 'boolean',
    default: false,
    describe: 'The machines of the fleet of --role, --env and --context',
  },
  failed: { type: 'boolean', default: false, describe: 'Only those that did not succeed, or are stopped' },
  ...ownOptions,
  output: OUTPUT,
} as const;

/** `rolecall terminate`: ends the machines of a launch, or of a fleet. */
export default command({
  positionals: '[launch]',
  options,
  examples: [
    ['rolecall terminate 20261121-215140-9f3a2c', 'the machines of a launch'],
    ['rolecall terminate --fleet --failed --role web --env prod --context b', 'what was kept for a look'],
  ],
  run: async (values, host) => {
    if (values.dryRun) return await show(values, host);
    const { stderr } = host.terminal;
    const ended: Parameters<typeof memberDocument>[0][] = [];
    const run = useCases(values, host).terminate(values, (members, name) =>
      askToEnd('terminate', members, name, values, host),
    );
    for await (const event of run) {
      if (event.type === 'notice') stderr.write(`${event.text}\n`);
      if (event.type !== 'machines-ended') continue;
      ended.push(...event.members);
      for (const { machine } of event.members) stderr.write(`${machine.instanceId} terminated\n`);
    }
    return await printOutcome(values.output, host, {
      text: () => `${counted(ended.length, 'machine')} terminated\n`,
      document: () => ({ ended: ended.map(memberDocument) }),
    });
  },
});

async function show(values: Values<typeof options>, host: Host): Promise<ExitCode> {
  const members = await useCases(values, host).planTerminate(values);
  const lines = memberLines(members, host.clock.now(), widthFor(host.terminal.stdout));
  return await print(values.output, host, {
    text: () =>
      [`${counted(members.length, 'machine')} would be ended`, ...lines.map((line) => `  ${line}`), ''].join(
        '\n',
      ),
    document: () => ({ end: members.map(memberDocument) }),
  });
}
