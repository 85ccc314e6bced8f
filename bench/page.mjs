// The HTML report: how long it takes to make and to show, and how large it is.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import '../scripts/typescript.mjs';
import { figure, median } from './measure.mjs';

const { pageHtml } = await import('../src/reporters/page/page.ts');
const { chromiumPath, inChromium } = await import('../test/support/chromium.ts');
const { FORTY, pageAgainst, pageOf, THOUSAND } = await import('../test/support/launch-pages.ts');

const SECOND = { name: 'a second', value: 1000 };
const SIZE = { name: 'the limit', value: 400 };
const TIMES = 7;

const kilobytes = (page) => Buffer.byteLength(page) / 1024;
const hundred = { ...FORTY, machines: 100 };

const thousand = pageOf(THOUSAND);
const first = performance.now();
const page = pageHtml(thousand);
figure('page of 1,000 machines made, the first', performance.now() - first, SECOND, 1);
const made = Array.from({ length: TIMES }, () => {
  const start = performance.now();
  pageHtml(thousand);
  return performance.now() - start;
});
figure('page of 1,000 machines made, the next ones', median(made), SECOND, 1);

figure('page of 100 machines', kilobytes(pageHtml(pageOf(hundred))), SIZE, 1, 'KB');
const compared = pageAgainst(hundred, hundred);
figure('page of 100 machines against another launch', kilobytes(pageHtml(compared)), SIZE, 1, 'KB');
const allFailed = pageOf({ ...hundred, fate: () => 'repository' });
figure('page of 100 machines that all failed', kilobytes(pageHtml(allFailed)), SIZE, 1, 'KB');

const browser = chromiumPath();
if (browser === undefined) {
  console.log('not measured: when a browser shows the page, since no Chromium is installed');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-page-'));
  try {
    const file = join(folder, 'page.html');
    writeFileSync(file, page);
    const turns = [];
    for (let turn = 0; turn < TIMES; turn += 1) turns.push(await opened(browser, file));
    figure('1,000 machines, first paint in Chromium', median(turns.map(({ paint }) => paint)), SECOND, 1);
    figure('1,000 machines, a search to its layout', median(turns.map(({ search }) => search)), SECOND, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds from the start of the navigation to the first contentful paint, and those of a search, in a browser of its own. */
function opened(path, file) {
  return inChromium(path, async (tab) => {
    await tab.open(pathToFileURL(file).href);
    const paint = await tab.evaluate(
      `new Promise((done) => new PerformanceObserver((list) => {
        const paint = list.getEntriesByName('first-contentful-paint')[0];
        if (paint) done(paint.startTime);
      }).observe({ type: 'paint', buffered: true }))`,
    );
    const search = await tab.evaluate(
      `{ const start = performance.now();
        const field = document.getElementById('f-text');
        field.value = 'bad gateway';
        field.dispatchEvent(new Event('input'));
        document.body.getBoundingClientRect();
        performance.now() - start }`,
    );
    return { paint, search };
  });
}
