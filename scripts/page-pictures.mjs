// Makes pictures of the HTML report in headless Chromium, for a person to look at: 1, 40 and 1,000 machines, narrow and wide,
// light and dark. usage: npm run picture:page [-- FOLDER]; by default node_modules/.cache/page-pictures. With --docs it
// writes the two that the docs show instead.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import './typescript.mjs';

const { chromiumPath, inChromium } = await import('../test/support/chromium.ts');
const { FORTY, pageAgainst, pageOf, THOUSAND } = await import('../test/support/launch-pages.ts');
const { pageHtml } = await import('../src/reporters/page/page.ts');

const root = fileURLToPath(new URL('..', import.meta.url));
const docs = process.argv.includes('--docs');
const named = process.argv.slice(2).find((word) => !word.startsWith('-'));
const folder = resolve(named ?? `${root}node_modules/.cache/page-pictures`);
/** Chromium draws no taller pictures. */
const TALLEST = 16_000;

const launches = {
  1: pageOf({ machines: 1 }),
  40: pageAgainst({ ...FORTY, missing: 2 }, { ...FORTY, slowness: 0.85 }),
  1000: pageOf(THOUSAND),
};

async function draw(tab, { machines, width, scheme, height, path, format = 'png' }) {
  const file = `${folder}/${machines}.html`;
  writeFileSync(file, pageHtml(launches[machines]));
  await tab.send('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: scheme }],
  });
  const screen = { width, height: height ?? 1000, deviceScaleFactor: 1, mobile: false };
  await tab.send('Emulation.setDeviceMetricsOverride', screen);
  await tab.open(pathToFileURL(file).href);
  // The docs show what stands around the console lines, too.
  if (height !== undefined)
    await tab.evaluate('for (const each of document.querySelectorAll(".card details")) each.open = false');
  const whole = await tab.evaluate('document.documentElement.scrollHeight');
  // Rows outside of the window are not drawn.
  if (height === undefined)
    await tab.send('Emulation.setDeviceMetricsOverride', { ...screen, height: Math.min(whole, TALLEST) });
  const overflow = await tab.evaluate('document.documentElement.scrollWidth - innerWidth');
  const clip = {
    x: 0,
    y: 0,
    width,
    height: height ?? Math.min(whole, TALLEST),
    scale: height === undefined ? 1 : 0.75,
  };
  const { data } = await tab.send('Page.captureScreenshot', {
    format,
    ...(format === 'webp' && { quality: 80 }),
    clip,
    captureBeyondViewport: height === undefined,
  });
  writeFileSync(path, Buffer.from(data, 'base64'));
  console.log(`${path}${overflow > 0 ? `: ${overflow} pixels too wide` : ''}`);
}

const path = chromiumPath();
if (path === undefined) {
  console.error('no Chromium is installed: apt-get install chromium');
  process.exitCode = 1;
} else {
  mkdirSync(folder, { recursive: true });
  await inChromium(path, async (tab) => {
    if (docs) {
      const wide = { width: 1600, format: 'webp' };
      await draw(tab, {
        ...wide,
        machines: 40,
        scheme: 'light',
        height: 1860,
        path: `${root}docs/report-40.webp`,
      });
      await draw(tab, {
        ...wide,
        machines: 1000,
        scheme: 'dark',
        height: 2060,
        path: `${root}docs/report-1000.webp`,
      });
      return;
    }
    for (const machines of [1, 40, 1000])
      for (const width of [400, 1600])
        for (const scheme of ['light', 'dark'])
          await draw(tab, { machines, width, scheme, path: `${folder}/${machines}-${width}-${scheme}.png` });
  });
}
