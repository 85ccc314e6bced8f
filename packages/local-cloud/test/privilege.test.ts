import { expect, test } from '@jest/globals';
import { type PrivilegeQuestion, privilege } from '../src/privilege.ts';

/** A sudo that knows, asks, or is not there; and what was called. */
function ask(question: Partial<PrivilegeQuestion>, silent: number | undefined, asked = 1) {
  const calls: string[] = [];
  const answer = privilege({
    uid: 1000,
    limited: false,
    interactive: true,
    sudo: (args) => {
      calls.push(args.join(' '));
      return args.includes('-n') ? silent : asked;
    },
    onAsk: () => calls.push('told'),
    ...question,
  });
  return [answer, calls];
}

test.each([
  ['root needs no sudo', ask({ uid: 0 }, 1), [{ kind: 'root' }, []]],
  [
    'limited boxes need none either',
    ask({ limited: true }, 0),
    [{ kind: 'none', why: 'limited boxes were asked for' }, []],
  ],
  ['sudo that knows is not asked', ask({}, 0), [{ kind: 'sudo' }, ['-n true']]],
  ['sudo is asked once, after a word on why', ask({}, 1, 0), [{ kind: 'sudo' }, ['-n true', 'told', '-v']]],
  ['a wrong password', ask({}, 1, 1), [{ kind: 'none', why: 'sudo refused' }, ['-n true', 'told', '-v']]],
  [
    'no terminal',
    ask({ interactive: false }, 1),
    [{ kind: 'none', why: 'sudo needs a password, and there is no terminal to ask for it' }, ['-n true']],
  ],
  ['no sudo', ask({}, undefined), [{ kind: 'none', why: 'there is no sudo' }, ['-n true']]],
])('%s', (_, given, expected) => {
  expect(given).toEqual(expected);
});
