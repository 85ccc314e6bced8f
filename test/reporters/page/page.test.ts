import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { pageHtml } from '../../../src/reporters/page/page.ts';
import { SCRIPT } from '../../../src/reporters/page/script.ts';
import { FORTY, pageAgainst, pageOf } from '../../support/launch-pages.ts';
import { pageDataOf } from '../../support/page.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

describe('the page of a launch', () => {
  test('gives back a small launch whole', () => {
    const data = pageOf(FORTY);
    expect(pageDataOf(pageHtml(data))).toEqual(data);
  });

  test('allows its own style sheet and script, and nothing else', () => {
    const page = pageHtml(pageOf(FORTY));
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script);
    expect(scripts).toHaveLength(1);
    expect(policy.replaceAll('&#39;', "'")).toBe(
      `default-src 'none'; style-src 'sha256-${sha256(style)}'; script-src 'sha256-${sha256(scripts[0] ?? '')}'; base-uri 'none'; form-action 'none'`,
    );
  });

  test('has a script that is whole, and smaller than 10 KB', () => {
    expect(() => new Script(SCRIPT)).not.toThrow();
    expect(Buffer.byteLength(SCRIPT)).toBeLessThan(10 * 1024);
  });

  test('names nothing outside of itself', () => {
    const page = pageHtml(pageAgainst(FORTY, FORTY)).replace(
      /<script type="application\/json".*?<\/script>/s,
      '',
    );
    expect(page).not.toMatch(
      /\s(?:src|srcset|style|on[a-z]+)=|@import|<link|<img|<iframe|<base|javascript:/i,
    );
    const targets = [...page.matchAll(/\shref="([^"]*)"/g)].map(([, target]) => target);
    const ids = new Set([...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => `#${id}`));
    expect(targets.length).toBeGreaterThan(40);
    expect(targets.filter((target) => !ids.has(target ?? ''))).toEqual([]);
  });

  test('of a hundred machines is smaller than 400 KB', () => {
    expect(Buffer.byteLength(pageHtml(pageOf({ ...FORTY, machines: 100 })))).toBeLessThan(400 * 1024);
  });
});
