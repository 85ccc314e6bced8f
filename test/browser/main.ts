/** Opens reports in a real browser, headless Chromium: npm run test:browser. Outside of npm test, which needs no browser. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pageHtml } from '../../src/reporters/page/page.ts';
import { chromiumPath, inChromium, type Tab } from '../support/chromium.ts';
import { HOSTILE, saying } from '../support/hostile-launch.ts';
import { FORTY, pageAgainst, pageOf, THOUSAND } from '../support/launch-pages.ts';

type Check = (tab: Tab, open: (page: string) => Promise<void>) => Promise<void>;

const CHECKS: Readonly<Record<string, Check>> = {
  'runs no script of a machine and asks for nothing': async (tab, open) => {
    const asked: string[] = [];
    tab.on('Network.requestWillBeSent', ({ request }) => asked.push((request as { url: string }).url));
    await tab.send('Network.enable');
    for (const [, text] of HOSTILE) {
      await open(pageHtml(saying(text)));
      assert.equal(await tab.evaluate('window.owned ?? null'), null, text);
      assert.match(String(await tab.evaluate('document.title')), /succeeded/, text);
      assert.equal(await tab.evaluate('document.querySelectorAll("script").length'), 2, text);
      assert.equal(
        await tab.evaluate('document.querySelectorAll("img,iframe,form:not(#filters),[onload]").length'),
        0,
      );
    }
    assert.deepEqual(
      asked.filter((url) => !url.startsWith('file:')),
      [],
    );
  },

  'shows no text that turns round': async (tab, open) => {
    await open(pageHtml(saying('ok \u202emoc.elpmaxe\u0000')));
    await tab.evaluate(
      'document.querySelector("#strip > a").focus(); for (const row of document.querySelectorAll("#rows summary")) row.click(); new Promise(requestAnimationFrame)',
    );
    const text = String(await tab.evaluate('document.body.innerText'));
    assert.match(text, /·.*ok \[U\+202E\]moc\.elpmaxe\[U\+0000\]/);
    assert.doesNotMatch(text, /[\u202e\0]/);
  },

  'breaks none of its own policy': async (tab, open) => {
    const broken: unknown[] = [];
    tab.on('Log.entryAdded', ({ entry }) => broken.push((entry as { text: string }).text));
    tab.on('Runtime.exceptionThrown', (exception) => broken.push(exception));
    await tab.send('Log.enable');
    await tab.send('Runtime.enable');
    for (const data of [
      pageOf({ machines: 1 }),
      pageAgainst({ ...FORTY, missing: 2 }, FORTY),
      saying('words'),
    ]) {
      await open(pageHtml(data));
      await tab.evaluate('for (const row of document.querySelectorAll("#rows summary")) row.click()');
    }
    assert.deepEqual(broken, []);
  },

  'lets no other script run, were one in it': async (tab, open) => {
    const page = pageHtml(pageOf(FORTY));
    const script = '<script>window.owned = 1</script><img src="x" onerror="window.owned = 2">';
    await open(page.replace('</main>', `${script}</main>`));
    assert.equal(await tab.evaluate('window.owned ?? null'), null);
  },

  'finds machines by their words': async (tab, open) => {
    await open(pageHtml(pageOf(THOUSAND)));
    await tab.evaluate(fill('text', 'eu-west-1a BAD gateway'));
    assert.equal(await tab.evaluate('document.getElementById("f-count").textContent'), '4 of 1000 match');
    assert.equal(await tab.evaluate('document.querySelectorAll("#rows > li:not([hidden])").length'), 4);
    await tab.evaluate(fill('text', ''));
    await tab.evaluate(fill('verdict', 'lost'));
    assert.equal(await tab.evaluate('document.querySelectorAll("#strip > a:not(.out)").length'), 2);
    await tab.evaluate(fill('text', 'no such words'));
    assert.equal(await tab.evaluate('document.getElementById("none").hidden'), false);
  },

  'works by keyboard': async (tab, open) => {
    await open(pageHtml(pageOf(FORTY)));
    await tab.evaluate('document.querySelector("#strip > a").focus()');
    for (const key of ['ArrowRight', 'ArrowRight', 'End', 'ArrowLeft']) await press(tab, key);
    const focused = await tab.evaluate(
      '[...document.querySelectorAll("#strip > a")].indexOf(document.activeElement)',
    );
    assert.equal(focused, 38);
    assert.equal(await tab.evaluate('document.querySelectorAll(\'#strip > [tabindex="0"]\').length'), 1);
    const id = String(await tab.evaluate('document.activeElement.getAttribute("aria-label").split(" ")[0]'));
    assert.ok(String(await tab.evaluate('document.getElementById("peek").textContent')).startsWith(id));
    await press(tab, 'Enter');
    assert.equal(await tab.evaluate('document.querySelectorAll("#rows details[open]").length'), 1);
    assert.ok(String(await tab.evaluate('document.activeElement.textContent')).includes(id));
  },

  'shows the console of a machine that is opened': async (tab, open) => {
    await open(pageHtml(pageOf(FORTY)));
    await tab.evaluate('document.querySelector("#rows summary").click(); new Promise(requestAnimationFrame)');
    const lines = String(await tab.evaluate('document.querySelector("#rows pre").textContent')).split('\n');
    assert.equal(lines.length, 33);
  },

  'tells a screen reader its parts': async (tab, open) => {
    await open(pageHtml(pageOf(FORTY)));
    const { nodes } = (await tab.send('Accessibility.getFullAXTree')) as {
      nodes: readonly {
        readonly role?: { readonly value: string };
        readonly name?: { readonly value: string };
      }[];
    };
    const roles = new Set(nodes.map(({ role }) => role?.value));
    for (const role of ['banner', 'navigation', 'main', 'contentinfo', 'searchbox', 'status', 'table'])
      assert.ok(roles.has(role), role);
    const unnamed = nodes.filter(
      ({ role, name }) =>
        ['link', 'table', 'combobox', 'searchbox', 'region', 'group'].includes(role?.value ?? '') &&
        role?.value !== 'group' &&
        (name?.value ?? '') === '',
    );
    assert.deepEqual(unnamed, []);
  },

  'reads well without scripts': async (tab, open) => {
    await tab.send('Emulation.setScriptExecutionDisabled', { value: true });
    await open(pageHtml(pageOf(FORTY)));
    assert.equal(await tab.evaluate('document.getElementById("filters").hidden'), true);
    const link = 'document.querySelector("#strip > a.failed")';
    const target = String(await tab.evaluate(`${link}.hash.slice(1)`));
    const moved = new Promise<void>((resolve) => tab.on('Page.navigatedWithinDocument', () => resolve()));
    await tab.evaluate(`${link}.click()`);
    await moved;
    assert.equal(await tab.evaluate(`document.getElementById("${target}").parentNode.open`), true);
    await tab.send('Emulation.setScriptExecutionDisabled', { value: false });
  },

  'fits narrow and wide windows': async (tab, open) => {
    for (const width of [320, 400, 820, 1600]) {
      await tab.send('Emulation.setDeviceMetricsOverride', {
        width,
        height: 900,
        deviceScaleFactor: 1,
        mobile: false,
      });
      for (const page of [
        pageOf({ machines: 1 }),
        pageOf(FORTY),
        saying('w'.repeat(50).concat('-'.repeat(300))),
      ]) {
        await open(pageHtml(page));
        const excess = Number(await tab.evaluate('document.documentElement.scrollWidth - innerWidth'));
        assert.ok(excess <= 0, `${excess} pixels too wide at ${width}`);
      }
    }
  },
};

/** An expression that sets a field of the search as a person does. */
const fill = (name: string, value: string): string =>
  `{ const field = document.getElementById(${JSON.stringify(`f-${name}`)}); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event("input")); }`;

async function press(tab: Tab, key: string): Promise<void> {
  const text = key === 'Enter' ? { text: '\r', windowsVirtualKeyCode: 13 } : {};
  await tab.send('Input.dispatchKeyEvent', { type: 'keyDown', key, code: key, ...text });
  await tab.send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key });
}

const browser = chromiumPath();
if (browser === undefined) {
  process.stderr.write('test:browser: no Chromium is installed: apt-get install chromium\n');
  process.exitCode = 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'rolecall-browser-'));
  const file = join(folder, 'page.html');
  try {
    for (const [name, check] of Object.entries(CHECKS)) {
      await inChromium(browser, async (tab) => {
        await check(tab, async (page) => {
          writeFileSync(file, page);
          await tab.open(pathToFileURL(file).href);
        });
      }).then(
        () => process.stdout.write(`ok    a report ${name}\n`),
        (error: unknown) => {
          process.exitCode = 1;
          process.stdout.write(
            `FAIL  a report ${name}\n${error instanceof Error ? error.stack : String(error)}\n`,
          );
        },
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
