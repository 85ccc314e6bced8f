import type { LocalUp } from '../../../actions/local/up.ts';
import { localUpHere, localUp as start } from '../../../actions/local/up.ts';
import { exitCode } from '../../../errors.ts';
import { writeReport } from '../../../terminal/report.ts';
import { command } from '../../command.ts';
import type { Host } from '../../context.ts';

/** `rolecall local up`: starts a local cloud, in the background unless told otherwise. Exit 0 also when one is up already. */
export default command({
  options: {
    foreground: { type: 'boolean', default: false, describe: 'Stay in the foreground until Ctrl-C' },
    port: { type: 'number', requiresArg: true, describe: 'Port on 127.0.0.1 (default: a free one)' },
    faults: { type: 'string', requiresArg: true, describe: 'File of faults to show (docs/local-cloud.md)' },
    boxes: {
      type: 'string',
      requiresArg: true,
      choices: ['complete', 'limited', 'vm', 'simulated'],
      describe:
        'Complete boxes need root or sudo (default: complete where possible); vm: QEMU; in simulated ones nothing runs',
    },
    'clock-speed': {
      type: 'number',
      requiresArg: true,
      describe: 'Let time run so many times as fast (simulated boxes only)',
    },
  },
  examples: [
    ['rolecall local up', 'start it, and come back'],
    ['rolecall local up --boxes vm', 'virtual machines: systemd, cloud-init, reboots'],
    ['rolecall local up --faults no-room.yaml', 'start one in which things go wrong'],
    ['rolecall local up --boxes simulated --clock-speed 50', 'thousands of machines, and little waiting'],
  ],
  run: async ({ foreground, port, faults, boxes, clockSpeed }, host) => {
    const input = { port, faults, boxes, clockSpeed };
    const up = foreground
      ? await localUpHere(input, host, host.terminal, (here) => void tell(here, host))
      : await start(input, host);
    if (up !== undefined) await tell(up, host);
    return exitCode('ok');
  },
});

async function tell(up: LocalUp, host: Host): Promise<void> {
  if (up.limits.length > 0) host.terminal.stderr.write(limitsText(up));
  await writeReport(host.terminal, up.already ? alreadyText(up) : greeting(up));
}

const alreadyText = ({ file }: LocalUp): string =>
  `The local cloud is up already at ${file.endpoint} (${file.kind} boxes).\n`;

function limitsText({ file, limits, why }: LocalUp): string {
  if (file.kind === 'simulated') return limits.map((line) => `${line}\n`).join('');
  const reason = why === undefined ? '' : ` (${why})`;
  return `Its machines are limited${reason}:\n${limits.map((line) => `  - ${line}\n`).join('')}`;
}

const greeting = ({
  file: { endpoint, kind, clock },
  capacity,
}: LocalUp): string => `The local cloud is up at ${endpoint} (${kind} boxes${clock === undefined ? '' : `, time ${clock.speed} times as fast`}).
${capacity === undefined ? '' : `Its machines: ${capacity}.\n`}\
  launch --role ROLE --env ENVIRONMENT --context CONTEXT --local   launch into it
  eval "$(rolecall local env)"                                     point any AWS client to it
  rolecall local down                                              end it, with all its machines
`;
