import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { widthOf } from '../../src/text.ts';
import { ROOT, sandbox } from '../support/cli.ts';
import { rehearsal } from '../support/rehearsal.ts';
import { commandOnPty, type PtyProgram } from '../terminal/pty.ts';

const DOWN = '\u001b[B';
const ENTER = '\r';
const CTRL_C = '\u0003';

/** The bundled command on a real pseudo-terminal, from its first question to the machine's verdict. */
describe('launch on a terminal', () => {
  const box = sandbox();
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-picker-'));
  let catalogue = '';
  beforeAll(async () => {
    catalogue = rehearsal(folder);
    // The image is built once, here: the tests are about what people see.
    const args = ['--role', 'works', '--env', 'prod', '--context', 'b', '--catalogue', catalogue];
    const { code, stderr } = await box.run(['launch', ...args, '--local']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    box.dispose();
  });

  const start = (columns: number, more = ''): PtyProgram =>
    commandOnPty(
      `exec '${process.execPath}' '${ROOT}/dist/launch.cjs' --local --catalogue '${catalogue}'${more}`,
      { columns },
      { env: box.env, cwd: ROOT, deadlineMs: 40_000 },
    );

  /** Answers the questions: the role at the top of the list, environment prod, context b, two machines. */
  async function answerAll(program: PtyProgram): Promise<void> {
    await program.sees('Which role?');
    await program.sees('❯ works');
    await program.sees('select');
    program.send(ENTER);
    await program.sees('In which environment?');
    await program.sees('select');
    program.send(ENTER);
    await program.sees('In which context?');
    await program.sees('select');
    program.send(DOWN);
    await program.sees('❯ b');
    program.send(ENTER);
    await program.sees('How many machines? (1)');
    program.send('2');
    await program.sees('2');
    program.send(ENTER);
  }

  const equivalent = () =>
    `launch --role works --env prod --context b --count 2 --catalogue ${catalogue} --local`;

  /** The cursor is shown again after it was last hidden. */
  function expectCursor(program: PtyProgram): void {
    const raw = program.raw();
    expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
  }

  /** Neither a cloud nor a machine has shown up on the terminal. */
  const expectNothingAsked = (program: PtyProgram) =>
    expect(stripVTControlCharacters(program.raw())).not.toMatch(
      /starting the local cloud|launching|\bi-[0-9a-f]{17}/,
    );

  test.each([40, 80])('picks, plans, asks, boots and reports, in %i columns', async (columns) => {
    const program = start(columns);
    await answerAll(program);
    await program.sees('role      works prod/b');
    await program.sees('machines  2 t3.micro in eu-central-1');
    await program.sees('the whole plan:');
    await program.sees(`rolecall plan ${equivalent().slice('launch '.length)}`);
    await program.sees('the same without questions:');
    await program.sees(equivalent());
    await program.sees('Launch? (Y/n)');
    program.send(ENTER);
    await program.sees('launching works prod/b');
    await program.sees('0 of 2 succeeded');
    await program.sees('✔ i-');
    await program.sees('hello from works in prod/b');
    await program.sees('works prod/b: 2 of 2 succeeded');
    expect(await program.ended()).toBe(0);
    expectCursor(program);
    const shown = stripVTControlCharacters(program.raw()).split(/[\r\n\u2800-\u28ff]+|(?=✔ i-)/u);
    const board = shown.filter((line) => /^[·✔] i-[0-9a-f]+ {2}/.test(line));
    expect(board.length).toBeGreaterThan(0);
    for (const line of board) expect({ line, fits: widthOf(line) < columns }).toEqual({ line, fits: true });
  });

  test('both command lines repeat what was given, and rolecall takes them', async () => {
    const given = `--launch-id again --junit '${folder}/a b.xml' --report ${folder}/r.html --timeout 2m`;
    const program = start(300, ` --output ndjson ${given}`);
    await answerAll(program);
    await program.sees('Launch? (Y/n)');
    program.send(CTRL_C);
    expect(await program.ended()).toBe(130);
    const shown = stripVTControlCharacters(program.raw()).split(/[\r\n]+/);
    const below = (title: string) => shown[shown.indexOf(title) + 1]?.trim() ?? '';
    const where = `--timeout 2m --catalogue ${catalogue} --local --launch-id again`;
    expect(below('the same without questions:')).toBe(
      `launch --role works --env prod --context b --count 2 ${where} --output ndjson --junit '${folder}/a b.xml' --report ${folder}/r.html`,
    );
    const plan = below('the whole plan:');
    expect(plan).toBe(`rolecall plan --role works --env prod --context b --count 2 ${where}`);
    const { code, stdout, stderr } = await box.run(plan.split(' ').slice(1));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('again');
  });

  test('no at the last question launches nothing', async () => {
    const program = start(80);
    await answerAll(program);
    await program.sees('Launch? (Y/n)');
    program.send(`n${ENTER}`);
    await program.sees('nothing was launched');
    expect(await program.ended()).toBe(0);
    expectNothingAsked(program);
  });

  test.each([
    ['a list', []],
    ['the last question', [ENTER]],
  ])('Ctrl-C at %s: exit 130, nothing launched, and the cursor is back', async (_where, keys) => {
    const program = start(80, ' --role works --env prod');
    await program.sees('In which context?');
    await program.sees('select');
    for (const key of keys) {
      program.send(key);
      await program.sees('Launch? (Y/n)');
    }
    program.send(CTRL_C);
    await program.sees('interrupted: given up at a question: nothing was launched');
    expect(await program.ended()).toBe(130);
    expectCursor(program);
    expectNothingAsked(program);
  });

  test('Ctrl-C while a machine boots: exit 130, what becomes of it, and the cursor is back', async () => {
    const program = start(80, ' --role hangs --env prod --context b');
    await program.sees('waiting for a database');
    program.send(CTRL_C);
    await program.sees('interrupted: stopped watching before every machine had its verdict');
    await program.sees('its local cloud ends now, with 1 machine');
    expect(await program.ended()).toBe(130);
    expectCursor(program);
  });
});
