import type { PageData } from '../../src/results/page-data.ts';
import { pageOf } from './launch-pages.ts';

/** Texts that try to become markup, each with a name. Where one runs, it sets `window.owned`. */
export const HOSTILE: readonly (readonly [string, string])[] = [
  ['a script', '<script>window.owned=1</script>'],
  ['the end of the data', '</script><script>window.owned=1</script>'],
  ['a comment that opens', '<!-- <script> -->'],
  ['a comment and a script that open, for the tokenizer of scripts', '<!--<script>'],
  ['the end of a comment', '--><img src=x onerror=window.owned=1>'],
  ['the end of a section', ']]></details></section></main>'],
  ['an attribute in double quotes', '" onmouseover="window.owned=1" x="'],
  ['an attribute in single quotes', "' onfocus='window.owned=1' autofocus x='"],
  ['an attribute without quotes', '` onload=window.owned=1 x'],
  ['an element with a handler', '<svg/onload=window.owned=1>'],
  ['a link that runs', '<a href="javascript:window.owned=1">look</a>'],
  ['a style sheet', '</style><style>*{display:none}</style>'],
  ['a template', '{{7*7}}<%= 7*7 %>'],
  ['what a replacement would read as a pattern', "$& $1 $' $` $$"],
  ['a title that ends', '</title><script>window.owned=1</script>'],
];

/** A launch whose machines, and all other texts that come from outside, say this. */
export function saying(text: string): PageData {
  const data = pageOf({ machines: 4, missing: 1, fate: (index) => (index < 2 ? 'repository' : 'rebooted') });
  const { document } = data;
  return {
    ...data,
    document: {
      ...document,
      launch: { ...document.launch, catalogue: text, role: text, ami: text, region: text },
      machines: document.machines.map(({ failure, ...machine }) => ({
        ...machine,
        zone: text,
        instance_type: text,
        notes: [text],
        steps: machine.steps.map((step) => ({ ...step, name: text })),
        ...(failure && {
          failure: {
            ...failure,
            step: text,
            command: text,
            location: { file: text, line: 1, function: text },
            error: text,
            reason: text,
            hint: text,
            signal: text,
            excerpt: [text, `  ${text}`],
          },
        }),
      })),
      clusters: document.clusters.map((cluster) => ({ ...cluster, step: text, error: text, hint: text })),
      untagged: { instance_ids: [text], reason: text },
      error: { code: text, message: text },
    },
  };
}
