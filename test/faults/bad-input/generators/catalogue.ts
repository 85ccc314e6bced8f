import type { Random } from '../../random.ts';
import { damaged } from '../damage.ts';
import { GOOD_CATALOGUE } from '../good.ts';
import type { Generator } from '../input.ts';

const COMMANDS: readonly (readonly string[])[] = [
  ['validate'],
  ['roles', 'list'],
  ['roles', 'show', 'web', '--env', 'prod', '--context', 'b'],
  ['plan', '--role', 'web', '--env', 'prod', '--context', 'b'],
  ['render', '--role', 'web', '--env', 'prod', '--context', 'b'],
  ['status'],
  ['scale', '--role', 'web', '--env', 'prod', '--context', 'b', '--to', '1', '--dry-run'],
  ['release', 'list'],
  ['module', 'list'],
];

/** Bytes that are no UTF-8, or another encoding of a good text. */
function recoded(text: string, random: Random): Buffer {
  switch (random.below(4)) {
    case 0:
      return Buffer.from(`\ufeff${text}`, 'utf16le');
    case 1:
      return Buffer.from(text.replaceAll('\n', '\r\n'));
    case 2:
      return Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0x00, 0xc3])]);
    default:
      return Buffer.from(text.replaceAll('\n', '\r'));
  }
}

/** Catalogues that are damaged, torn, of the wrong types or in odd encodings. */
export const catalogue: Generator = {
  name: 'catalogue',
  next: (random) => {
    let text = GOOD_CATALOGUE;
    for (let turn = random.below(4); turn >= 0; turn -= 1) text = damaged(text, random);
    const bytes = random.chance(0.1) ? recoded(text, random) : text;
    return { what: 'a bad catalogue', argv: random.pick(COMMANDS), files: { 'roles.yaml': bytes } };
  },
};
