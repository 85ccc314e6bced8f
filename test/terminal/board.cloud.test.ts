import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openBoard } from '../../src/terminal/board.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { unpainted, widthOf } from '../../src/text.ts';
import { bundleDriver, onPty } from './pty.ts';

const ESCAPE = '\u001b';
const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

/** A board whose header counts its frames; prints a line on stdout in the middle, and ends at Ctrl-C. */
const DRIVER = `
import { execFileSync } from 'node:child_process';
import { openBoard } from './src/terminal/board.ts';
import { terminal } from './src/terminal/terminal.ts';
const term = terminal(process, process.env);
let frames = 0;
const board = await openBoard(term, ({ columns, rows }) => [
  \`frame \${++frames} in \${columns}x\${rows}\`,
  ...Array.from({ length: Math.min(rows - 1, 5) }, () => 'm'.repeat(columns)),
]);
process.once('SIGINT', async () => {
  clearInterval(alive);
  await board.close();
  process.stdout.write('report\\n');
  process.exitCode = 130;
});
const alive = setInterval(() => undefined, 1000);
board.line('a line that stays');
process.stdout.write('{"data":1}\\n');
const { NARROWER } = process.env;
if (NARROWER) setTimeout(() => execFileSync('stty', ['cols', NARROWER], { stdio: 'inherit' }), 500);
`;

let driver: { file: string; remove: () => Promise<void> };
beforeAll(async () => {
  driver = await bundleDriver(DRIVER);
});
afterAll(() => driver.remove());

describe('on a real terminal', () => {
  test('redraws without events, and gives the screen and the cursor back at Ctrl-C', async () => {
    const program = onPty(driver.file, { columns: 40, rows: 12 });
    await program.sees('a line that stays');
    await program.sees('in 39x11');
    await program.sees('frame 5 in');
    program.send('\u0003');
    await program.sees('report');
    expect(await program.ended()).toBe(130);
    const raw = program.raw();
    expect(raw.lastIndexOf(SHOW)).toBeGreaterThan(raw.lastIndexOf(HIDE));
    expect(raw.indexOf('report')).toBeGreaterThan(raw.lastIndexOf('frame'));
    // Moves of the cursor begin a new piece of the picture.
    // The terminal echoes the key itself, wherever the cursor is.
    const drawn = unpainted(raw).replaceAll('^C', '');
    for (const piece of drawn.split(new RegExp(`[\\r\\n]|${ESCAPE}\\[`))) {
      expect(widthOf(stripVTControlCharacters(`${ESCAPE}[${piece}`))).toBeLessThanOrEqual(39);
    }
  });

  test('follows a window that is made narrower', async () => {
    const program = onPty(driver.file, { columns: 80 }, { env: { NARROWER: '30' } });
    await program.sees('in 79x23');
    await program.sees('in 29x23');
    program.send('\u0003');
    expect(await program.ended()).toBe(130);
  });

  test('keeps data on stdout free of the board', async () => {
    const data = join(dirname(driver.file), 'stdout.txt');
    const program = onPty(driver.file, { columns: 80 }, { redirect: data });
    await program.sees('frame 3 in 79x23');
    program.send('\u0003');
    expect(await program.ended()).toBe(130);
    expect(await readFile(data, 'utf8')).toBe('{"data":1}\nreport\n');
  });

  test.each([{ NO_COLOR: '1' }, { CI: 'true' }, { TERM: 'dumb' }])('draws nothing under %j', async (env) => {
    const program = onPty(driver.file, { columns: 80 }, { env });
    await program.sees('{"data":1}');
    program.send('\u0003');
    expect(await program.ended()).toBe(130);
    expect(program.raw()).not.toContain('frame');
    expect(program.raw()).not.toContain('\u001b');
  });
});

test('without a terminal: lines, and nothing else', async () => {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const board = await openBoard(terminal(streams, {}), () => {
    throw new Error('no frame is drawn without a terminal');
  });
  expect(board.live).toBe(false);
  board.line('i-0abc running');
  board.line('i-0abc succeeded in 2.1 s');
  await board.close();
  expect(String(streams.stderr.read())).toBe('i-0abc running\ni-0abc succeeded in 2.1 s\n');
  expect(streams.stdout.read()).toBeNull();
});
