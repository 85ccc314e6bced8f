import { expect, test } from '@jest/globals';
import { pageHtml } from '../../../src/reporters/page/page.ts';
import { pageOf, THOUSAND } from '../../support/launch-pages.ts';
import { pageDataOf } from '../../support/page.ts';

test('the page of a launch gives back the verdict, times and steps of a thousand machines', () => {
  const data = pageOf(THOUSAND);
  const back = pageDataOf(pageHtml(data));
  const verdicts = ({ document }: typeof data) =>
    document.machines.map(({ instance_id, verdict, boot_ms, steps }) => [
      instance_id,
      verdict,
      boot_ms,
      steps,
    ]);
  expect(verdicts(back)).toEqual(verdicts(data));
  expect(back.timelines).toEqual(data.timelines);
  expect(back.document.summary).toEqual({
    requested: 1_000,
    succeeded: 968,
    failed: 22,
    silent: 8,
    lost: 2,
    over_budget: 0,
  });
});
