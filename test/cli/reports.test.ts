import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ReportFileWords, reportsFor } from '../../src/cli/reports.ts';
import { systemClock } from '../../src/clock.ts';
import { markdownReport } from '../../src/reporters/markdown.ts';
import { outcomeOf } from '../../src/results/outcome.ts';
import type { LaunchView } from '../../src/results/state.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { ended, FAILED, META, SUCCEEDED } from '../reporters/support.ts';
import { pageDataOf } from '../support/page.ts';
import { rolecall } from './run.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolecall-reports-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const VIEW = ended([SUCCEEDED, FAILED]);

/** Writes the reports of a launch that ended with exit 3. @returns what was said on stderr and stdout */
async function reported(words: ReportFileWords, env: Record<string, string> = {}, view: LaunchView = VIEW) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const writeReports = await reportsFor(words, META, {
    terminal: terminal(streams, env),
    clock: systemClock,
    env,
    cwd: folder,
    signal: new AbortController().signal,
  });
  await writeReports({ view, exit: 3, outcome: outcomeOf(view, META, 3) });
  return { stdout: String(streams.stdout.read() ?? ''), stderr: String(streams.stderr.read() ?? '') };
}

describe('reports beside that on stdout', () => {
  test('are none unless asked for', async () => {
    expect(await reported({})).toEqual({ stdout: '', stderr: '' });
  });

  test('JUnit XML, in a folder that is made for it, below the folder of the command', async () => {
    expect(await reported({ junit: 'out/reports/boot.xml' })).toEqual({ stdout: '', stderr: '' });
    expect(read('out/reports/boot.xml')).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites /);
  });

  test('annotations on stderr, for GitHub alone', async () => {
    const { stdout, stderr } = await reported({}, { GITHUB_ACTIONS: 'true' });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^::error title=memcached prod\/b%3A 1 of 2 failed at init \(status 3\)::\S.*\n$/);
    expect(await reported({}, { CI: 'true', GITLAB_CI: 'true' })).toEqual({ stdout: '', stderr: '' });
  });

  test('a summary and outputs are added to what stands in their files', async () => {
    writeFileSync(join(folder, 'summary.md'), 'before\n');
    writeFileSync(join(folder, 'outputs'), 'before=1\n');
    const env = {
      GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
      GITHUB_OUTPUT: join(folder, 'outputs'),
    };
    expect(await reported({}, env)).toEqual({ stdout: '', stderr: '' });
    expect(read('summary.md')).toBe(`before\n${markdownReport(VIEW, META, 3)}`);
    expect(read('outputs')).toMatch(/^before=1\nlaunch-id=\S+\nexit-code=3\n/);
  });

  test('a summary with little room is brief, and with none is left out with a word', async () => {
    const path = join(folder, 'summary.md');
    const brief = markdownReport(VIEW, META, 3, 'brief');
    const full = 'x'.repeat(1024 * 1024 - Buffer.byteLength(brief));
    writeFileSync(path, full);
    await reported({}, { GITHUB_STEP_SUMMARY: path });
    expect(read('summary.md')).toBe(full + brief);
    const { stderr } = await reported({}, { GITHUB_STEP_SUMMARY: path });
    expect(stderr).toBe(
      "the job's summary could not be written: it would be larger than GitHub takes, 1 MiB\n",
    );
    expect(read('summary.md')).toBe(full + brief);
  });

  test('what can’t be written at the end is said, and the others are written', async () => {
    const { stderr } = await reported(
      { junit: 'boot.xml' },
      { GITHUB_STEP_SUMMARY: join(folder, 'none', 'summary.md') },
    );
    expect(stderr).toMatch(/^the job's summary could not be written: no such file or directory\n$/);
    expect(read('boot.xml')).toContain('<testsuites');
  });
});

describe('--junit', () => {
  const launch = ['launch', '--role', 'web', '--env', 'prod', '--context', 'b', '--local', '--junit'];

  test('says that the launch did not end, until it has: a report of an earlier run would pass for this one’s', async () => {
    writeFileSync(join(folder, 'boot.xml'), 'old');
    const host = { cwd: folder, env: {}, clock: systemClock, signal: new AbortController().signal };
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    await reportsFor({ junit: 'boot.xml' }, META, { ...host, terminal: terminal(streams, {}) });
    expect(read('boot.xml')).toMatch(/<testsuites name="rolecall" tests="1" failures="0" errors="1" .*/);
    expect(read('boot.xml')).toContain('did not end: rolecall was stopped, or refused the launch');
  });

  test.each([
    ['below a file', 'file/boot.xml'],
    ['that is a folder', 'folder'],
  ])('a path %s is refused before anything is launched', async (_, path) => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'));
    await expect(reported({ junit: path })).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringContaining(`--junit ${path} can't be written: `),
      hint: 'name a file in a folder that you may write to',
    });
  });

  test('needs a value', async () => {
    const { code, stderr } = await rolecall(launch);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('junit') });
  });
});

test('an error before there is a launch is an annotation too', async () => {
  const args = ['launch', '--role', 'none', '--env', 'prod', '--context', 'b'];
  const { code, stderr } = await rolecall(args, { env: { GITHUB_ACTIONS: 'true' } });
  expect(code).toBe(2);
  expect(stderr).toMatch(/\n::error title=rolecall::roles\.yaml has no role "none"\n$/);
  expect((await rolecall(args)).stderr).not.toContain('::error');
});

describe('--report', () => {
  test('is a page with the document of the launch and the times of its machines', async () => {
    expect(await reported({ report: 'out/boot.html', junit: 'out/boot.xml' })).toEqual({
      stdout: '',
      stderr: '',
    });
    const { document, timelines } = outcomeOf(VIEW, META, 3);
    expect(pageDataOf(read('out/boot.html'))).toMatchObject({ version: 1, document, timelines });
    expect(read('out/boot.xml')).toContain('<testsuites');
  });

  test('says that the launch did not end, until it has, and is a whole page by itself', async () => {
    writeFileSync(join(folder, 'boot.html'), 'old');
    const host = { cwd: folder, env: {}, clock: systemClock, signal: new AbortController().signal };
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const hostile = { ...META, role: '<script>x</script>' };
    await reportsFor({ report: 'boot.html' }, hostile, { ...host, terminal: terminal(streams, {}) });
    expect(read('boot.html')).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(read('boot.html')).toContain(`launch ${META.id} did not end</title>`);
    expect(read('boot.html')).toContain("default-src 'none'");
    expect(read('boot.html')).not.toContain('<script');
  });

  test.each([
    ['below a file', 'file/boot.html', "can't be written: "],
    ['that is a folder', 'folder', "can't be written: "],
    ['of a catalogue', 'roles.yaml', 'the report is an HTML page'],
    ['of XML', 'BOOT.XML', 'the report is an HTML page'],
  ])('a path %s is refused before anything is launched', async (_, path, message) => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'));
    await expect(reported({ report: path })).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringContaining(`--report ${path}`),
    });
    await expect(reported({ report: path })).rejects.toThrow(message);
  });

  test.each([
    ['under one name', 'boot', 'boot'],
    ['under two spellings', 'out/../boot', './boot'],
    ['through a link', 'link', 'boot'],
    ['through a link to the folder', 'here/boot', 'boot'],
    ['on stdout', '/dev/stdout', '/dev/stdout'],
  ])('two reports in one file, %s, are refused', async (_, junit, report) => {
    symlinkSync('boot', join(folder, 'link'));
    symlinkSync('.', join(folder, 'here'));
    await expect(reported({ junit, report })).rejects.toMatchObject({
      exit: 'usage',
      message: `--junit ${junit} and --report ${report} are the same file`,
    });
  });

  test('a page without an ending is a page', async () => {
    await reported({ report: 'boot' });
    expect(read('boot')).toMatch(/^<!doctype html>/);
  });

  test('the summary of the job names the page, and leads to the artifacts of the run', async () => {
    const env = { GITHUB_STEP_SUMMARY: join(folder, 'summary.md'), GITHUB_OUTPUT: join(folder, 'outputs') };
    await reported({ report: 'out/boot.html' }, env);
    expect(read('summary.md')).toContain('\n\nHTML report: `out/boot.html`\n\n');
    expect(read('outputs')).toContain(`report=${join(folder, 'out/boot.html')}\n`);
    const github = {
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'o/r',
      GITHUB_RUN_ID: '17',
    };
    rmSync(join(folder, 'summary.md'));
    await reported({ report: 'out/boot.html' }, { ...env, ...github });
    expect(read('summary.md')).toContain(
      '[HTML report](https://github.com/o/r/actions/runs/17#artifacts), among the artifacts of this run: `out/boot.html`',
    );
    rmSync(join(folder, 'summary.md'));
    await reported({}, { ...env, ...github });
    expect(read('summary.md')).not.toContain('HTML report');
  });
});
