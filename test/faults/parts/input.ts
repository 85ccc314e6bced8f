import { spawn } from 'node:child_process';
import {
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../../support/cli.ts';
import { GENERATORS } from '../bad-input/generators.ts';
import { GOOD_CATALOGUE } from '../bad-input/good.ts';
import type { BadInput } from '../bad-input/input.ts';
import { type Findings, type Settings, sampleOf } from '../part.ts';
import { inPool } from '../pool.ts';
import { Random } from '../random.ts';

/** Inputs of a whole campaign. */
const WHOLE = 2_100;
/** No bad input takes longer than this to refuse. */
const DEADLINE_MS = 120_000;
const ROLECALL = join(ROOT, 'dist', 'rolecall.cjs');

interface Numbered {
  readonly index: number;
  readonly generator: string;
  readonly input: BadInput;
}

/** Bad command lines, files, catalogues and surroundings: none ends in an internal error, a stack trace or never. */
export async function inputCampaign(settings: Settings): Promise<Findings> {
  const started = performance.now();
  const inputs = Array.from({ length: WHOLE }, (_, index): Numbered => {
    const generator = GENERATORS[index % GENERATORS.length];
    if (generator === undefined) throw new Error('there is no generator');
    const input = generator.next(new Random(settings.seed, 'input', index));
    return { index, generator: generator.name, input };
  })
    .filter(({ index, input }) => `${index} ${input.what} ${input.argv.join(' ')}`.includes(settings.only))
    .slice(0, sampleOf(WHOLE, settings));
  const results = await inPool(inputs, settings.jobs, tried);
  const refused = results.filter(({ code }) => code !== 0).length;
  return {
    part: 'input',
    tried: inputs.length,
    figures: [`${refused} refused`, `${GENERATORS.length} generators`],
    violations: results.flatMap(({ violations }) => violations),
    seconds: (performance.now() - started) / 1000,
  };
}

async function tried({ index, generator, input }: Numbered) {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-input-'));
  try {
    // Far enough down for words such as ../../x to stay inside.
    const work = join(folder, 'a/b/c/work');
    mkdirSync(work, { recursive: true });
    const catalogue = GOOD_CATALOGUE + (input.more ?? '');
    for (const [path, content] of Object.entries({ 'roles.yaml': catalogue, ...input.files })) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), content);
    }
    await input.prepare?.(work);
    giveAway(folder);
    const ended = await run(input, work, folder);
    const wrong = [...judge(ended, input), ...lost(input, work)];
    const said = ended.stderr.trim().split('\n').slice(-6).join(' | ').slice(-900);
    const line = JSON.stringify([...input.argv, input.env ?? {}]).slice(0, 600);
    return {
      code: ended.code,
      violations:
        wrong.length === 0 ? [] : [`${generator} ${index}: ${wrong.join('; ')}: ${line}\n    ${said}`],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bad input names devices and files of the system, too: as root, commands run as nobody, who can't harm them. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Follows no link: a bad input may hold one to a folder of the system. */
function giveAway(folder: string): void {
  if (NOBODY.uid === undefined) return;
  lchownSync(folder, NOBODY.uid, NOBODY.gid);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveAway(path);
    else lchownSync(path, NOBODY.uid, NOBODY.gid);
  }
}

interface InputEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Files that no command may take away or change. */
const lost = ({ kept = {} }: BadInput, work: string): string[] =>
  Object.entries(kept).flatMap(([path, content]) =>
    contentOf(join(work, path)) === content ? [] : [`${path} is lost`],
  );

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function judge({ code, signal, stdout, stderr }: InputEnd, { argv }: BadInput): string[] {
  const wrong: string[] = [];
  if (signal !== null) wrong.push(`ended by ${signal}`);
  if (code === 1) wrong.push('exit 1');
  if (/error: internal error|this is a defect in rolecall/.test(stderr + stdout))
    wrong.push('an internal error');
  if (!argv.includes('--debug') && /^\s+at .*:\d+:\d+\)?$/m.test(stderr)) wrong.push('a stack trace');
  if (code !== null && code !== 0 && stderr.trim() === '') wrong.push(`exit ${code} without a word`);
  return wrong;
}

function run({ argv, env = {}, stdin }: BadInput, cwd: string, folder: string): Promise<InputEnd> {
  // Nobody listens at port 9: no bad input reaches AWS, or any other machine.
  const nowhere = 'http://127.0.0.1:9';
  const all: NodeJS.ProcessEnv = {
    ...{ PATH: process.env['PATH'], HOME: folder, XDG_STATE_HOME: join(folder, 'state'), TMPDIR: folder },
    ...{ AWS_EC2_METADATA_DISABLED: 'true', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' },
    ...{ TERM: 'dumb', ROLECALL_LOCAL_BOXES: 'simulated' },
    ...env,
    ...{ AWS_ENDPOINT_URL_EC2: nowhere, AWS_ENDPOINT_URL_S3: nowhere, AWS_ENDPOINT_URL_STS: nowhere },
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ROLECALL, ...argv], { cwd, env: all, stdio: 'pipe', ...NOBODY });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}
