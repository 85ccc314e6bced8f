import type { Runtime } from '../runtime.ts';
import { type Privilege, privilege, realSudo } from './gateway.ts';

/** The rights that a cloud's process will have; asks sudo for the password, once, where somebody is there to give it. */
export const rightsHere = ({ user }: Runtime, limited = false): Privilege =>
  privilege({
    uid: process.getuid?.(),
    limited,
    interactive: user.present,
    sudo: realSudo,
    onAsk: () =>
      user.tell(
        'The local cloud makes its machines as root, so sudo asks you now (`rolecall local up --boxes limited` does without).',
      ),
  });
