import type { Random } from '../../random.ts';
import { damaged } from '../damage.ts';
import type { BadInput, Generator } from '../input.ts';
import { ODD_WORDS } from '../words.ts';

const MODULE = `description: Bees
after: [memcached]
provides: [honey]
platforms: [debian]
timeout: 5m
variables:
  bee_count: { description: how many, type: integer, default: 3, minimum: 1, maximum: 9 }
  bee_name: { description: a name, type: string, pattern: "[a-z]+", default: maya }
  bee_key: { description: of the hive, type: string, secret: true }
test:
  variables: { bee_count: 4, bee_key: x }
`;
const LOCK = `version: 1
modules:
  bee:
    source: ../theirs/bee
    resolved: 0123456789abcdef0123456789abcdef01234567
    sha256: ${'a'.repeat(64)}
`;

const COMMANDS: readonly (readonly string[])[] = [
  ['module', 'list'],
  ['module', 'list', 'bee'],
  ['module', 'new', 'wasp'],
  ['module', 'add', 'theirs/bee'],
  ['module', 'add', 'theirs', '--module', 'bee', '--force'],
  ['validate'],
  ['bundle', 'build', '--role', 'hive', '--env', 'prod', '--context', 'b'],
  ['plan', '--role', 'hive', '--env', 'prod', '--context', 'b'],
];

const ROLE = `
  hive:
    modules: [bee]
    variables: { bee_key: { file: key } }
`;

/** Names that a folder, a repository or a package may have, and a module may not. */
const sources = (random: Random): string =>
  random.pick([
    (name: string) => name,
    (name: string) => `./${name}`,
    (name: string) => `./${name}/.git`,
    (name: string) => `file:///nowhere/${name}.git`,
    (name: string) => `file:///nowhere/${name}//`,
    (name: string) => `theirs/bee#${name}`,
    (name: string) => `npm:${name}`,
    (name: string) => `${name}.git`,
  ])(random.pick([...ODD_WORDS, '...', '..', '.git', '-x', 'a-', 'A', '.x', 'files']));

const OPERATOR = 'is never gone\n';

/** Modules, locks and sources of modules that are damaged or called as none may be. */
export const modules: Generator = {
  name: 'modules',
  next: (random) => {
    const mine = random.chance(0.6) ? damaged(MODULE, random) : MODULE;
    const theirs = random.chance(0.6) ? damaged(MODULE, random) : MODULE;
    const files: Record<string, string | Buffer> = {
      'modules/bee/module.yaml': mine,
      'modules/bee/start-up.sh': 'true\n',
      'theirs/bee/module.yaml': theirs,
      'theirs/bee/start-up.sh': 'true\n',
      'modules/kept/notes': OPERATOR,
      ...(random.chance(0.5) && {
        'modules/modules.lock': random.chance(0.8) ? damaged(LOCK, random) : LOCK,
      }),
      ...(random.chance(0.5) && { key: random.pick(ODD_WORDS) }),
    };
    const argv = random.chance(0.4)
      ? ['module', 'add', sources(random), ...(random.chance(0.5) ? ['--force'] : [])]
      : random.pick(COMMANDS);
    return {
      what: 'a bad module',
      argv,
      files,
      more: ROLE,
      kept: { 'modules/kept/notes': OPERATOR },
    } satisfies BadInput;
  },
};
