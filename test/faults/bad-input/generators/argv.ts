import type { Random } from '../../random.ts';
import type { Generator } from '../input.ts';
import { COMMANDS, ODD_WORDS, OPTIONS } from '../words.ts';

const oddOption = (random: Random): string[] => {
  const name = `--${random.pick(OPTIONS)}`;
  const value = random.pick(ODD_WORDS);
  switch (random.below(4)) {
    case 0:
      return [name];
    case 1:
      return [`${name}=${value}`];
    case 2:
      return [name, value, name, random.pick(ODD_WORDS)];
    default:
      return [name, value];
  }
};

const good = ['--role', 'web', '--env', 'prod', '--context', 'b'];

/** Command lines with odd options and words, beside good ones. */
export const argv: Generator = {
  name: 'argv',
  next: (random) => {
    const command = random.chance(0.05) ? [random.pick(ODD_WORDS)] : random.pick(COMMANDS);
    const odd = Array.from({ length: 1 + random.below(3) }, () =>
      random.chance(0.25) ? [random.pick(ODD_WORDS)] : oddOption(random),
    );
    const words = [...odd, ...(random.chance(0.5) ? [good] : [])];
    const line = [...command, ...random.shuffled(words).flat()];
    return { what: 'odd options and words', argv: random.chance(0.9) ? line : [...line].reverse() };
  },
};
