import { command, type Values } from '../../command.ts';

const options = {
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
  ephemeral: { type: 'boolean', default: false, hidden: true },
  announce: { type: 'boolean', default: false, hidden: true },
  'state-folder': { type: 'string', requiresArg: true, hidden: true },
  owner: { type: 'string', requiresArg: true, hidden: true },
} as const;

export type LocalUpValues = Values<typeof options>;

/** `rolecall local up`: starts a local cloud, in the background unless told otherwise. */
export const localUp = command({
  options,
  examples: [
    ['rolecall local up', 'start it, and come back'],
    ['rolecall local up --boxes vm', 'virtual machines: systemd, cloud-init, reboots'],
    ['rolecall local up --faults no-room.yaml', 'start one in which things go wrong'],
    ['rolecall local up --boxes simulated --clock-speed 50', 'thousands of machines, and little waiting'],
  ],
  run: async (values, host) => {
    const { runLocalUp } = await import('./up-run.ts');
    return runLocalUp(values, host);
  },
});
