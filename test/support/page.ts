import type { PageData } from '../../src/results/page-data.ts';

/**
 * Reads a page's data back, as any program may.
 * @throws Error where the page holds no data or more than one element of it
 */
export function pageDataOf(page: string): PageData {
  const found = [...page.matchAll(/<script type="application\/json" id="data">([^<]*)<\/script>/g)];
  const [data] = found;
  if (data === undefined || found.length > 1) throw new Error(`the page has ${found.length} data elements`);
  return JSON.parse(data[1] ?? '');
}
