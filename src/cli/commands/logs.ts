import { useCases } from '../../api/use-cases.ts';
import { say } from '../../terminal/streams.ts';
import { command } from '../command.ts';
import { MachineText, machineInput } from '../machine-text.ts';
import { cloudOptions, machineTextOptions } from '../options.ts';
import { print } from '../print.ts';

const UNPROVED =
  "warning: EC2 doesn't tell this machine's nonce (it is gone, or its userData may not be read), so nothing proves that it wrote this log";

/** `rolecall logs INSTANCE`: the boot log that a machine sent to the bucket when its boot failed. */
export default command({
  positionals: '<instance>',
  options: { ...cloudOptions, ...machineTextOptions },
  examples: [['rolecall logs i-0123456789abcdef0', 'all that its failed boot printed']],
  run: async (values, host) => {
    const { instance, raw } = machineInput(values);
    const { launch, proved, text } = await useCases(values, host).logs({ instance });
    if (!proved) await say(host.terminal.stderr, `${UNPROVED}\n`);
    const shown = new MachineText(host, raw);
    return await print(values.output, host, {
      text: () => shown.next(text) + shown.rest(),
      document: () => ({ instance_id: instance, launch, proved, text }),
    });
  },
});
