/** What boxes print, for tests: markers with their MACs, and consoles as real machines garble them. */
import { createHash } from 'node:crypto';
import type { InstanceId, LaunchId, Machine, Nonce } from '../../src/model.ts';
import type { Facts, Reading } from '../../src/watch/facts.ts';
import { judgeFinally } from '../../src/watch/judge.ts';
import { readSnapshot, settledFacts, unreadText } from '../../src/watch/text.ts';
import type { Verdict } from '../../src/watch/verdict.ts';

export const LAUNCH = 'memcached-1' as LaunchId;
export const NONCE = '0123456789abcdef0123456789abcdef' as Nonce;
export const OTHER_NONCE = 'ffffffffffffffffffffffffffffffff' as Nonce;
export const ID = 'i-00000000000000001' as InstanceId;
export const OTHER_ID = 'i-00000000000000002' as InstanceId;
export const READING: Reading = { launch: LAUNCH, instanceId: ID, nonce: NONCE };
/** Epoch milliseconds of the launch, and seconds of the first marker. */
export const LAUNCHED_AT = 1_763_762_340_000;
export const BOOTED = 1_763_762_345;

/** A marker as the box prints it: the MAC made here on its own, not by the code under test. */
export function marker(
  seq: number,
  event: string,
  {
    run = 'a1b2c3d4',
    epoch = BOOTED + seq,
    launch = LAUNCH as string,
    nonce = NONCE as string,
    id = ID as string,
  } = {},
): string {
  const signed = `${launch} ${run} ${seq} ${epoch.toFixed(3)} ${event}`;
  const mac = createHash('sha256').update(`${nonce}|${id}|${signed}`).digest('hex').slice(0, 16);
  return `<<rc2 ${signed} ${mac}>>`;
}

/** The line as another machine of the launch would print it: its true markers signed anew. */
export const printedBy = (id: string, line: string): string =>
  line.replace(/<<rc2 ((?:\S+ ){4}(.+?)) [0-9a-f]{16}>>/g, (whole, signed: string, event: string) => {
    const [launch = '', run = '', seq, epoch] = signed.split(' ');
    const who = { run, launch, epoch: Number(epoch) };
    return marker(Number(seq), event, who) === whole ? marker(Number(seq), event, { ...who, id }) : whole;
  });

/** The key of the beacon that tells a verdict marker, made from the marker's text alone. */
export function beaconKey(verdict: string, id: string = ID): string {
  const [, launch, run, seq, epoch = '', , word, step, status, ms, mac = ''] = verdict.split(' ');
  const name = [word, step, status, run, seq, epoch.replace('.', '').replace(/^0+(?=.)/, ''), ms];
  return `beacons/${launch}/v/${id}/${name.join('.')}.${mac.replace('>>', '')}`;
}

/** The key of a boot log of this content. */
export function logKey(
  text: string,
  { run = 'a1b2c3d4', id = ID as string, nonce = NONCE as string } = {},
): string {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const mac = createHash('sha256').update(`${nonce}|${id}|log ${LAUNCH} ${run} ${sha256}`).digest('hex');
  return `logs/${LAUNCH}/${id}/${run}.${sha256}.${mac.slice(0, 16)}`;
}

type Who = Parameters<typeof marker>[2];

/** A run that goes well; `upTo` cuts it short. */
export const goodRun = (who: Who = {}, upTo = 8): string[] =>
  [
    'begin personality 1.2.3',
    'start metadata',
    'end metadata 0 31',
    'start personality',
    'end personality 0 4',
    'start init',
    'end init 0 1200',
    'verdict ok init 0 1300',
  ]
    .map((event, i) => marker(i + 1, event, who && { ...who, ...(who.epoch && { epoch: who.epoch + i }) }))
    .slice(0, upTo);

/** A run whose init script fails, with its excerpt, and without the closing line. */
export const failedRun = (who: Who = {}): string[] => {
  const at = (i: number) => (who?.epoch === undefined ? who : { ...who, epoch: who.epoch + i });
  return [
    ...goodRun(who, 6),
    marker(7, 'end init 2 900', at(6)),
    'rolecall[init]| + cp error.conf /etc/memcached.conf',
    'rolecall[init]| copying 3 files, 0 errors so far',
    "rolecall[init]| cp: cannot stat 'memcached.conf': No such file or directory",
    'rolecall[init]| giving up',
    marker(8, 'verdict failed init 2 1000', at(7)),
  ];
};

export const text = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

/** The facts of a console that was read in these snapshots. */
export function factsOf(snapshots: readonly string[], reading: Reading = READING, ringBytes?: number): Facts {
  const console = snapshots.reduce(
    (state, snapshot) => readSnapshot(state, { text: snapshot }, reading),
    unreadText(ringBytes),
  );
  return settledFacts(console, reading);
}

/** The final verdict on facts; `silent` where there is none. */
export const verdictOf = (facts: Facts): Verdict =>
  judgeFinally(facts, { launchedAt: LAUNCHED_AT, now: LAUNCHED_AT + 60_000 }, () => ({
    outcome: 'silent',
    steps: [],
    reason: '',
    excerpt: [],
  }));

export const machine = (changes: Partial<Machine> & { readonly n?: number } = {}): Machine => {
  const { n = 1, ...rest } = changes;
  return {
    instanceId: `i-0000000${n.toString(16).padStart(10, '0')}` as InstanceId,
    state: 'running',
    zone: 'us-east-1a',
    instanceType: 't3.micro',
    launchIndex: n - 1,
    launchedAt: LAUNCHED_AT,
    tags: {},
    ...rest,
  };
};
