import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { type OutputFormat, Progress } from '../../src/reporters/progress.ts';
import { launchDocument } from '../../src/results/document.ts';
import { terminal } from '../../src/terminal/terminal.ts';
import { begin, boot, FAILED, fold, META, SUCCEEDED } from './support.ts';

const EVENTS = [...begin(2), ...boot(0, SUCCEEDED), ...boot(1, FAILED)];

async function report(output: OutputFormat, exit?: 130) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const progress = await Progress.open({
    terminal: terminal(streams, {}),
    clock: systemClock,
    output,
    launch: META,
    verb: 'launching',
    followUp: [],
  });
  for (const event of EVENTS) progress.tell(event);
  const code = await progress.finish(exit);
  await progress.close();
  return { code, stdout: String(streams.stdout.read() ?? ''), stderr: String(streams.stderr.read() ?? '') };
}

describe('a followed launch without a terminal', () => {
  test('people: changes on stderr, the report on stdout, the exit code of the verdicts', async () => {
    const { code, stdout, stderr } = await report('text');
    expect(code).toBe(3);
    expect(stderr).toContain('i-0abc0000000000000 init started\n');
    expect(stderr).not.toContain('\u001b');
    expect(stdout).toContain('✔ i-0abc0000000000000 succeeded in 2.1 s');
    expect(stdout).not.toContain('\u001b');
  });

  test('json: stdout holds the one document', async () => {
    const { stdout } = await report('json');
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(launchDocument(fold(EVENTS), META))));
  });

  test('ndjson: an event a line, the result last', async () => {
    const { stdout } = await report('ndjson');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events).toHaveLength(EVENTS.length + 1);
    expect(events.at(-1)).toMatchObject({ event: 'result', exit_code: 3 });
  });

  test('an interrupted command’s code stands in its document', async () => {
    const { code, stdout } = await report('json', 130);
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ exit_code: 130 });
  });
});
