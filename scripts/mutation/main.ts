// Puts small faults into the sources, one at a time, and counts how many the tests of the same room notice.
// usage: npm run test:mutation -- [--seed WORD] [--count N] [--report FILE] [--again] [PLACE...]
// A place is a file or a folder of src: of the N mutants, only those that stand there run.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf, mutated } from './mutants.ts';
import { runTests, testsOf } from './rooms.ts';

/** @property by the test that noticed the mutant; a survivor has none */
type Outcome = Mutant & { readonly by?: string };
/** @property why no test could notice the mutant */
type Equivalent = Pick<Mutant, 'file' | 'code' | 'change' | 'nth'> & { readonly why: string };

const root = join(fileURLToPath(import.meta.url), '../../..');
const NEEDED_PERCENT = 90;
const ROOMS = ['watch', 'launch', 'fleet', 'schemes', 'release', 'bundle', 'catalogue'];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: 'rolecall' },
    count: { type: 'string', default: '300' },
    report: { type: 'string', default: join(root, 'coverage/mutation.json') },
    /** Only the survivors of the report. */
    again: { type: 'boolean', default: false },
  },
});

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const roomOf = (file: string): string => file.split('/')[1] ?? '';
const nameOf = ({ file, code, change, nth }: Omit<Equivalent, 'why'>): string =>
  [file, code, change, nth].join('\n');

const allMutants = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => join('src', path))
  .filter((file) => file.endsWith('.ts') && ROOMS.includes(roomOf(file)))
  .flatMap((file) => mutantsOf(file, read(file)));

/** The names of the mutants that scripts/mutation/equivalent.json lists. */
function equivalents(): ReadonlySet<string> {
  const listed: readonly Equivalent[] = JSON.parse(read('scripts/mutation/equivalent.json'));
  const names = new Set(allMutants.map(nameOf));
  for (const each of listed) {
    if (!names.has(nameOf(each))) throw new Error(`equivalent.json names no mutant: ${JSON.stringify(each)}`);
  }
  return new Set(listed.map(nameOf));
}

/** Picks by a hash of what a mutant is, so that a change elsewhere in the sources moves few other ones in or out. */
function pick(): readonly Mutant[] {
  return allMutants
    .map((mutant) => ({
      mutant,
      rank: createHash('sha256')
        .update(`${values.seed}\n${nameOf(mutant)}`)
        .digest('hex'),
    }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .slice(0, Number(values.count))
    .map(({ mutant }) => mutant);
}

function survivors(): readonly Mutant[] {
  const outcomes: readonly Outcome[] = JSON.parse(readFileSync(values.report, 'utf8'));
  const names = new Set(outcomes.filter(({ by }) => by === undefined).map(nameOf));
  return allMutants.filter((mutant) => names.has(nameOf(mutant)));
}

/** Runs the mutants of a room, after its tests have passed without one. */
async function* runRoom(room: string, mutants: readonly Mutant[]): AsyncGenerator<Outcome> {
  const files = [...new Set(mutants.map(({ file }) => file))];
  const tests = new Map(files.map((file) => [file, testsOf(root, room, file)]));
  const sound = await runTests(root, [...new Set([...tests.values()].flat())]);
  if (!sound.passed) throw new Error(`without a mutant fails ${sound.by}`);
  const catches = new Map<string, number>();
  for (const mutant of mutants) {
    const { file } = mutant;
    // First the file's own tests, then those that have caught most in it, then the fast ones.
    const weight = (path: string): number =>
      (sound.times.get(path) ?? 0) -
      1e6 * (catches.get(file + path) ?? 0) -
      (basename(path).startsWith(`${basename(file, '.ts')}.`) ? 1e9 : 0);
    const order = [...(tests.get(file) ?? [])].sort((one, other) => weight(one) - weight(other));
    const text = mutated(read(file), mutant);
    const run =
      order.length > 0 &&
      text !== undefined &&
      (await runTests(root, order, { path: join(root, file), text }));
    if (!run || run.passed) yield mutant;
    else {
      catches.set(file + run.path, (catches.get(file + run.path) ?? 0) + 1);
      yield { ...mutant, by: run.by };
    }
  }
}

const textOf = ({ file, line, change, by }: Outcome): string =>
  `${by === undefined ? 'survived' : 'caught'} ${file}:${line}  ${change}${by === undefined ? '' : `  by ${by}`}`;

const equivalent = equivalents();
const mutants = (values.again ? survivors() : pick())
  .filter((mutant) => !equivalent.has(nameOf(mutant)))
  .filter(({ file }) => positionals.length === 0 || positionals.some((place) => file.startsWith(place)))
  .filter((mutant) => mutated(read(mutant.file), mutant) !== undefined);
const outcomes: Outcome[] = [];
mkdirSync(dirname(values.report), { recursive: true });
for (const room of new Set(mutants.map(({ file }) => roomOf(file)))) {
  for await (const outcome of runRoom(
    room,
    mutants.filter(({ file }) => roomOf(file) === room),
  )) {
    outcomes.push(outcome);
    console.log(textOf(outcome));
    writeFileSync(values.report, `${JSON.stringify(outcomes, null, 2)}\n`);
  }
  const own = outcomes.filter(({ file }) => roomOf(file) === room);
  console.log(`${room}: ${own.filter(({ by }) => by !== undefined).length} of ${own.length} mutants caught`);
}
const survived = outcomes.filter(({ by }) => by === undefined);
const percent = 100 * (1 - survived.length / outcomes.length);
console.log(['', ...survived.map(textOf)].join('\n'));
console.log(
  `${outcomes.length - survived.length} of ${outcomes.length} mutants caught: ${percent.toFixed(1)} %`,
);
process.exitCode = percent >= NEEDED_PERCENT ? 0 : 1;
