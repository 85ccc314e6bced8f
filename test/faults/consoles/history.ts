import { BOOTED, failedRun, goodRun, LAUNCH, marker, OTHER_ID, OTHER_NONCE } from '../../watch/boxes.ts';
import type { Random } from '../random.ts';

/** How one boot of a machine went. */
export type BootKind = (typeof BOOT_KINDS)[number];

const BOOT_KINDS = ['ok', 'failed', 'cut', 'torn', 'interrupted', 'panicked', 'cloud-init'] as const;

/** The boots of one machine, and what its console shows of them. */
export interface History {
  readonly lines: readonly string[];
  /** How the last boot went: the truth that the reader has to find. */
  readonly last: BootKind;
  /** Whether a line or its rest, as the console still has it, tells of the last boot's end that it was no success. */
  readonly evidence: (text: string) => boolean;
}

const NOISE: readonly string[] = [
  '\u001b[0;32m[  OK  ]\u001b[0m Started Session c1 of User root.',
  'ip-10-0-0-1 login: ',
  '',
  "cloud-init[1]: __init__.py[WARNING]: Unhandled non-multipart userdata: 'b'role=x'",
  'rolecall[init]: running /etc/rolecall/init/b/prod/bootstrapper.sh',
  'rolecall[init]| service: error: no such unit',
  'Kernel panic - not syncing: said by a script that greps for it',
  'debconf: unable to initialize frontend: Dialog',
  'Prüfung … ✓ 日本語',
  '...........................',
  '[   12.345678] EXT4-fs (xvda1): mounted filesystem',
];
const PREFIXES: readonly string[] = [
  '',
  '',
  '[   24.123456] cloud-init[1120]: ',
  '<13>Nov 27 04:00:00 user-data: ',
  'Nov 27 04:00:00 ip-10-0-0-1 rc.local[701]: ',
  'ip-10-0-0-1 login: ',
  '\u001b[1m',
];
const KERNEL = '[    0.000000] Linux version 6.1.0-26-cloud-amd64 (debian-kernel@lists.debian.org)';
/** The line that ends a boot; the stamp tells it from those of other boots. */
const panicOf = (stamp: string) =>
  `[   31.${stamp}] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009`;
const cloudInitOf = (stamp: string) =>
  `[   31.${stamp}] cloud-init[1120]: util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/part-001 [1]`;

/** Lines that tell nothing of this machine: other machines', other launches', older secrets', half and mixed markers. */
function lie(random: Random, ok: string): string {
  const who = { run: hex(random), epoch: BOOTED + random.below(100) };
  const other = random.pick([
    { ...who, id: OTHER_ID },
    { ...who, nonce: OTHER_NONCE },
    { ...who, launch: 'web-2' },
    { ...who, nonce: '' },
    { ...who, id: '' },
  ]);
  const line = random.pick(goodRun(other));
  switch (random.below(7)) {
    case 0:
      return line.replace(/[0-9a-f]{16}>>/, '->>');
    case 1:
      return line.slice(0, 1 + random.below(20));
    case 2:
      return ok.slice(-1 - random.below(24));
    case 3:
      return [...ok].map((character, index) => character + (line[index] ?? '')).join('');
    case 4:
      return line.replace('<<rc2', random.pick(['<<rc1', '<<rc3', '<<rc', '<rc2']));
    case 5:
      return ok.replace(/ \d+ (\d+\.\d+) /, (_, epoch: string) => ` 9 ${epoch} `);
    default:
      return line;
  }
}

const hex = (random: Random): string =>
  random
    .below(2 ** 32)
    .toString(16)
    .padStart(8, '0');

interface Boot {
  readonly kind: BootKind;
  readonly lines: readonly string[];
  readonly run: string;
}

function bootOf(kind: BootKind, random: Random): Boot {
  // The clock of a box may be hours off, in each boot anew.
  const who = { run: hex(random), epoch: BOOTED + random.below(20_000) - 10_000 };
  const good = goodRun(who);
  const upTo = 1 + random.below(7);
  const stamp = String(100_000 + random.below(900_000));
  return { kind, run: who.run, lines: linesOf() };

  function linesOf(): readonly string[] {
    switch (kind) {
      case 'ok':
        return [...good, ...good.slice(-1), ...good.slice(-1)];
      case 'failed':
        return failedRun(who);
      case 'cut':
        return good.slice(0, upTo);
      case 'torn': {
        const [first = ''] = good;
        return [first.slice(0, `<<rc2 ${LAUNCH} ${who.run} `.length + random.below(20))];
      }
      case 'interrupted':
        return [
          ...good.slice(0, upTo),
          marker(upTo + 1, 'interrupted init', { ...who, epoch: who.epoch + upTo }),
        ];
      case 'panicked':
        return [...good, panicOf(stamp)];
      case 'cloud-init':
        return [...good, cloudInitOf(stamp)];
    }
  }
}

/** Makes up a machine's boots, one to four, with whatever else a console shows between their lines. */
export function makeHistory(random: Random, { lies }: { readonly lies: boolean }): History {
  const kinds = Array.from({ length: 1 + random.below(4) }, () => random.pick(BOOT_KINDS));
  const last = kinds.at(-1) === 'torn' && kinds.length === 1 ? 'cut' : (kinds.at(-1) ?? 'cut');
  const boots = [...kinds.slice(0, -1), last].map((kind) => bootOf(kind, random));
  const [ok = ''] = goodRun({ run: boots.at(-1)?.run ?? '' }).slice(-1);
  const replayed = boots.flatMap(({ lines }) => lines.filter((line) => line.endsWith('>>')));
  const between = (seen: readonly string[]): string[] =>
    Array.from({ length: random.below(4) }, () => {
      if (!lies || random.chance(0.5)) return random.pick(NOISE);
      // A script prints an old log: what stood on the console before stands there again.
      const old = seen.filter((line) => replayed.includes(line));
      return old.length > 0 && random.chance(0.4) ? random.pick(old) : lie(random, ok);
    });
  const seen: string[] = [];
  for (const { lines } of boots) {
    if (random.chance(0.8)) seen.push(KERNEL);
    for (const line of lines) {
      seen.push(...between(seen));
      seen.push(isPlain(line) ? line : `${random.pick(PREFIXES)}${line}`);
    }
  }
  // Behind a panic nothing runs; behind all else the console goes on.
  const tail = last === 'panicked' ? [] : between(seen);
  return { lines: [...seen, ...tail], last, evidence: evidenceOf(boots.at(-1) as Boot) };
}

/** The kernel's own lines and cloud-init's have no prefix of others. */
const isPlain = (line: string): boolean => line.startsWith('[   31.');

function evidenceOf({ kind, run, lines }: Boot): History['evidence'] {
  return (text) => {
    const seen = text.split(/[\r\n]+/);
    switch (kind) {
      case 'panicked':
      case 'cloud-init':
        return seen.includes(lines.at(-1) ?? '');
      case 'torn':
        return seen.some((line) => line.endsWith(lines[0] ?? run) && line.includes(run));
      case 'failed':
        // Any marker that says so, or one of the run without its verdict.
        return lines.some((line) => line.startsWith('<<') && text.includes(line));
      default:
        return lines.some((line) => text.includes(line));
    }
  };
}
