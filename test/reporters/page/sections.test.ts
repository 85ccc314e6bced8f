import { describe, expect, test } from '@jest/globals';
import { pageHtml } from '../../../src/reporters/page/page.ts';
import { summaryOf } from '../../../src/reporters/summary.ts';
import { clustersOf, commandOf, headOf, hintOf, lineOf } from '../../../src/results/clusters.ts';
import { launchDocument } from '../../../src/results/document.ts';
import type { PageData } from '../../../src/results/page-data.ts';
import type { LaunchView } from '../../../src/results/state.ts';
import { timelinesOf } from '../../../src/results/timelines.ts';
import { FORTY, pageAgainst, pageOf } from '../../support/launch-pages.ts';
import { begin, ended, FAILED, fold, fortyInThree, LOST, META, SILENT, SUCCEEDED } from '../support.ts';

const dataOf = (view: LaunchView): PageData => ({
  version: 1,
  generated: '2026-11-21T22:15:00.000Z',
  document: launchDocument(view, META),
  timelines: timelinesOf(view),
});

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };

/** The text that a person reads, one piece a line. */
const textOf = (page: string): string =>
  page
    .replace(/<(style|script)[\s\S]*?<\/\1>/g, '')
    .replace(/<\/?(?:b|bdi|code|span|small|a)\b[^>]*>/g, '')
    .replace(/<[^>]*>/g, '\n')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replace(/\n\s*/g, '\n');

const read = (data: PageData) => textOf(pageHtml(data));

describe('a page tells in the words of the terminal', () => {
  test.each([
    ['a launch in three clusters', fortyInThree()],
    ['one of each verdict', ended([SUCCEEDED, FAILED, SILENT, LOST])],
    ['machines that AWS did not give', ended([SUCCEEDED], 3)],
    ['a launch that nobody watched to its end', fold(begin(2))],
    ['a hint', ended([{ ...FAILED, failure: { ...FAILED.failure, hint: 'give it network' } }])],
  ])('%s', (_, view) => {
    const page = read(dataOf(view));
    expect(page).toContain(`: ${summaryOf(view)}\n`);
    for (const cluster of clustersOf(view))
      for (const words of [headOf(cluster), lineOf(cluster), commandOf(cluster), hintOf(cluster)])
        expect(page).toContain(words);
  });

  test('machines that were not launched, and why', () => {
    expect(read(dataOf(ended([SUCCEEDED], 3)))).toContain(
      '✖ 2 machines not launched: eu-west-1b has no capacity for t3.micro now',
    );
  });

  test('a launch of no machine at all', () => {
    const page = pageHtml(dataOf(ended([], 2)));
    expect(textOf(page)).toContain('2 machines not launched');
    expect(page).not.toContain('id="strip"');
  });
});

describe('a page of one machine', () => {
  test('shows its times at once, and no figures over many', () => {
    const page = pageHtml(pageOf({ machines: 1 }));
    expect(page).toContain('<details open><summary class="row">');
    expect(textOf(page)).not.toMatch(/p95|Search/);
  });

  test('compares it with an earlier launch all the same', () => {
    expect(read(pageAgainst({ machines: 1 }, { machines: 1 }))).toContain('Against launch l-20261114');
  });
});

describe('times', () => {
  const one = (changes: Partial<PageData['timelines'][number]>) => {
    const data = pageOf({ machines: 1 });
    const [timeline] = data.timelines;
    if (timeline === undefined) throw new Error('there is one machine');
    return read({ ...data, timelines: [{ ...timeline, steps: [], ...changes }] });
  };
  const times = { running_ms: 9_000, kernel_ms: 10_000, begin_ms: 30_000, verdict_ms: 50_000 };

  test('go from phase to phase', () => {
    const text = one(times);
    for (const row of [
      'pending\n0 ms\n9.0 s\n',
      'running to kernel\n9.0 s\n1.0 s\n',
      'kernel to begin\n10 s\n20 s\n',
      'begin to verdict\n30 s\n20 s\n',
    ])
      expect(text).toContain(row);
  });

  test('name what they go from where a part is unknown', () => {
    expect(one({ ...times, kernel_ms: null })).toContain('running to begin\n9.0 s\n21 s\n');
    expect(one({ ...times, running_ms: null })).toContain('launch to kernel\n0 ms\n10 s\n');
    expect(one({ ...times, running_ms: null, kernel_ms: null })).toContain('launch to begin\n0 ms\n30 s\n');
  });

  test('are never negative where EC2 shows a machine as running late', () => {
    const text = one({ ...times, running_ms: 45_000 });
    expect(text).toContain('pending\n0 ms\n10 s\n');
    expect(text).toContain('running to kernel\n10 s\n0 ms\n');
  });

  test('are said to be unknown', () => {
    const unknown = { running_ms: null, kernel_ms: null, begin_ms: null, verdict_ms: null };
    const data = dataOf(ended([SILENT]));
    const timelines = data.timelines.map((timeline) => ({ ...timeline, ...unknown, steps: [] }));
    const machines = data.document.machines.map((machine) => ({ ...machine, steps: [] }));
    expect(read({ ...data, document: { ...data.document, machines }, timelines })).toContain(
      'Nothing is known of its times.',
    );
  });
});

describe('an earlier launch', () => {
  test('is compared in words and numbers', () => {
    const text = read(pageAgainst(FORTY, { ...FORTY, slowness: 0.5 }));
    expect(text).toMatch(
      /Against launch l-20261114-090000-7f3e of web prod\/a \(2026-11-14; 3[0-9] of 40 succeeded/,
    );
    expect(text).toMatch(/Half of the machines booted within \d+ s, then \d+ s: \d+ s slower \(\+\d+ %\)/);
    expect(text).toMatch(/\ninit\n\d+\n✖ 4\n[\d.]+ s\n[\d.]+ s\n[\d.]+ s\n[\d.]+ s slower \(\+\d+ %\)\n/);
    expect(read(pageAgainst(FORTY, { ...FORTY, slowness: 2 }))).toMatch(/s faster \(−\d+ %\)/);
  });

  test('that is the same is about the same', () => {
    const data = pageOf(FORTY);
    const { document, timelines } = data;
    const against = { launch: document.launch, generated: data.generated, document, timelines };
    const text = read({ ...data, against });
    expect(text).toContain('about the same');
    expect(text).not.toMatch(/slower|faster/);
  });

  test('tells which steps are new, and which are gone', () => {
    const data = pageAgainst(FORTY, FORTY);
    const renamed = data.document.machines.map((machine) => ({
      ...machine,
      steps: machine.steps.map((step) => (step.name === 'check' ? { ...step, name: 'module.probe' } : step)),
    }));
    const text = read({ ...data, document: { ...data.document, machines: renamed } });
    expect(text).toMatch(/\nmodule probe\n33\n0\n.*\n.*\n.*\nnew\nnew\n/);
    expect(text).toContain('Only in the earlier launch: check.');
  });
});

describe('the boot budget', () => {
  test('lists the machines over it, the slowest first', () => {
    const text = read(pageOf({ ...FORTY, budget: 65_000 }));
    const [, list = ''] = text.split('\nMachines over the boot budget, the slowest first\n');
    const rows = [...list.matchAll(/^i-0[0-9a-f]{16}\n.*\n([\d.]+) (m?s)$/gm)].map(
      ([, over, unit]) => Number(over) * (unit === 's' ? 1_000 : 1),
    );
    expect(rows.length).toBeGreaterThan(2);
    expect(rows).toEqual(rows.toSorted((a, b) => b - a));
    expect(text).toContain(`${rows.length} machines took longer than 65 s.`);
  });

  test('counts machines that it made fail', () => {
    const text = read(pageOf({ ...FORTY, budget: 65_000, strict: true }));
    expect(text).toContain('failed at boot_budget (status 1)');
    expect(text).toMatch(/booted in [\d.]+ s; boot_budget is 65 s/);
  });

  test('is not told where there is none', () => {
    expect(read(pageOf({ machines: 3 }))).not.toMatch(/budget/);
  });

  test('over which no machine went is told', () => {
    expect(read(pageOf({ machines: 3, budget: 600_000 }))).toContain('No machine took longer than 10 min.');
  });
});

test('a fleet is told beside its machines', () => {
  const data = dataOf(ended([SUCCEEDED, FAILED]));
  const text = read({
    ...data,
    document: {
      ...data.document,
      fleet: {
        target: 3,
        before: { proved: 3, failed: 1, stopped: 0, stale: 2 },
        proved: 3,
        ended: [{ instance_id: 'i-0old0000000000001', how: 'terminate', reason: 'replaced' }],
        kept: ['i-0abc0000000000001'],
        stopped: { failures: 1, allowed: 0, left: 4 },
        strangers: 1,
      },
    },
  });
  for (const line of [
    '3 of 3 machines proved, 1 failed',
    '1 machine terminated: replaced',
    'i-0old0000000000001',
    'stopped after 1 failure (--max-failures 0): 4 machines not launched',
    "1 machine under the fleet's tags was not launched by rolecall: left alone",
    '1 machine without success kept for a look: i-0abc0000000000001',
  ])
    expect(text).toContain(line);
});

describe('whoever does not see or point', () => {
  const page = pageHtml(pageAgainst(FORTY, FORTY));

  test('finds headings without gaps', () => {
    const levels = [...page.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level, index) => index > 0 && level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
  });

  test('finds a caption on each table and a label on each field', () => {
    expect(page.match(/<table>/g)?.length).toBe(page.match(/<table><caption>[^<]+/g)?.length);
    const fields = page.match(/<(?:select|input) /g)?.length;
    expect(page.match(/<label[^>]*>[^<]+<(?:select|input) /g)?.length).toBe(fields);
  });

  test('hears no picture whose words stand beside it, and sees no colour without a mark', () => {
    const pictures = page.match(/<svg[^>]*>/g) ?? [];
    expect(
      pictures.filter((tag) => !tag.includes('aria-hidden="true"') && !tag.includes('height="22"')),
    ).toEqual([]);
    const cells = [
      ...page.matchAll(/<a href="#m-[^>]* aria-label="(i-0[0-9a-f]{16} [a-z]+)[^"]*">(.)<\/a>/g),
    ];
    expect(cells).toHaveLength(40);
    for (const [, label = '', mark] of cells)
      expect(mark).toBe({ succeeded: '✔', failed: '✖', silent: '?' }[label.split(' ')[1] ?? '']);
  });

  test('passes the heat strip in one step of the Tab key', () => {
    const strip = /<div class="strip"[\s\S]*?<\/div>/.exec(page)?.[0] ?? '';
    expect(strip.match(/tabindex="0"/g)).toHaveLength(1);
    expect(strip.match(/tabindex="-1"/g)).toHaveLength(39);
  });
});
