import { expect, test } from '@jest/globals';
import { earlierLaunch } from '../../src/actions/recorded.ts';
import { memoryRecords } from '../../src/launch/record-places.ts';

test('the command that records an earlier launch can be pasted into a shell', async () => {
  const followUp = ['--catalogue', "the team's/roles.yaml", '--region', 'eu-west-1'];
  const refused = earlierLaunch('l-1', memoryRecords(), followUp);
  await expect(refused).rejects.toMatchObject({
    hint: expect.stringContaining(
      `rolecall watch l-1 --catalogue 'the team'\\''s/roles.yaml' --region eu-west-1`,
    ),
  });
});
