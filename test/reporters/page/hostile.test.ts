import { describe, expect, test } from '@jest/globals';
import { pageHtml } from '../../../src/reporters/page/page.ts';
import { HOSTILE, saying } from '../../support/hostile-launch.ts';
import { pageDataOf } from '../../support/page.ts';

/** The page without its data, and without the text of its own script and style sheet. */
const stripped = (page: string) =>
  page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '<$1></$1>').replace(/(<script type[^>]*>)[^<]*/, '$1');

/** Every tag of a page, with its text as it stands. */
const tagsOf = (page: string): string[] =>
  [...stripped(page).matchAll(/<[!/a-z][^>]*>/gi)].map(([tag]) => tag);

/** The names of tags and attributes: what text from outside must not change. */
const skeletonOf = (page: string): string[] => tagsOf(page).map((tag) => tag.replace(/"[^"]*"/g, '""'));

const PLAIN = 'plain words';

describe('texts from outside', () => {
  test.each(HOSTILE)('can be %s without a new tag or attribute', (_, text) => {
    const page = pageHtml(saying(text));
    expect(skeletonOf(page)).toEqual(skeletonOf(pageHtml(saying(PLAIN))));
    expect(pageDataOf(page).document.machines[0]?.failure?.excerpt).toEqual([text, `  ${text}`]);
  });

  test('can be entities, which stay what they are', () => {
    const page = pageHtml(saying('&lt;b&gt; &amp;amp; &#60;script&#62;'));
    expect(page).toContain('&amp;lt;b&amp;gt; &amp;amp;amp; &amp;#60;script&amp;#62;');
    expect(pageDataOf(page).document.machines[0]?.failure?.error).toBe(
      '&lt;b&gt; &amp;amp; &#60;script&#62;',
    );
  });

  test.each([
    ['a direction override', 'ok \u202emoc.elpmaxe', 'ok [U+202E]moc.elpmaxe'],
    ['an isolate that is never closed', 'a \u2067b', 'a [U+2067]b'],
    ['a zero-width space', 'root\u200b@host', 'root[U+200B]@host'],
    ['a tag character beyond the basic plane', 'a\u{e0041}b', 'a[U+E0041]b'],
    ['NUL', 'a\u0000b', 'a[U+0000]b'],
    ['a backspace', 'fail\b\b\b\bgood', 'fail[U+0008][U+0008][U+0008][U+0008]good'],
    ['a C1 control', 'a\u0085b', 'a[U+0085]b'],
    ['line separators', 'a\u2028b\u2029c', 'a[U+2028]b[U+2029]c'],
    ['colours', '\u001b[31;1mred\u001b[0m', 'red'],
    ['a terminal title', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a lone surrogate', 'a\ud800b', 'a[U+D800]b'],
    ['a carriage return at the end', 'line\r', 'line'],
  ])('show %s as text', (_, text, shown) => {
    const page = pageHtml(saying(text));
    expect(stripped(page)).toContain(`<pre tabindex="0">${shown}\n`);
    expect(page).not.toMatch(/[\p{Cf}\p{Cs}\u2028\u2029]|(?!\n)\p{Cc}/u);
    expect(pageDataOf(page).document.machines[0]?.failure?.excerpt[0]).toBe(text);
  });

  test('of 64 KB in one line are cut, and say so', () => {
    const page = pageHtml(saying('no '.repeat(22_000)));
    const [line] = pageDataOf(page).document.machines[0]?.failure?.excerpt ?? [];
    expect(line).toBe(`${'no '.repeat(166)}no… (65,500 more characters)`);
    expect(stripped(page)).not.toContain('no '.repeat(900));
  });

  test('are not cut within a character', () => {
    const text = `${'no '.repeat(166)}n😀 and more`;
    const [line] = pageDataOf(pageHtml(saying(text))).document.machines[0]?.failure?.excerpt ?? [];
    expect(line).toBe(`${'no '.repeat(166)}n… (11 more characters)`);
  });

  test('hold no secrets, as in the JSON document', () => {
    const page = pageHtml(saying('export DB_PASSWORD=hunter2hunter2 AKIAIOSFODNN7EXAMPLE'));
    const { document } = pageDataOf(page);
    const told = JSON.stringify([
      document.machines.map(({ failure }) => [
        failure?.error,
        failure?.command,
        failure?.reason,
        failure?.excerpt,
      ]),
      document.clusters.map(({ error }) => error),
    ]);
    expect(told).not.toMatch(/hunter2|AKIA/);
  });
});
