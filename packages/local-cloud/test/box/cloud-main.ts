import { installation } from '../../../../src/actions/local/installation.ts';
import { systemClock } from '../../src/clock.ts';
import { sandboxes } from '../../src/sandboxes.ts';

/** A small cloud of boxes: boots one for each script, prints their consoles, stops them when stdin ends. */
const options: { stateDir: string; packages: string[]; scripts: string[] } = JSON.parse(
  process.argv[2] ?? '',
);

try {
  const { driver, images } = await sandboxes(options.stateDir, systemClock, installation());
  process.stdout.write(`driver ${driver.kind} ${JSON.stringify(driver.limits)}\n`);
  await images.build({ id: 'ami-00000000', packages: options.packages });
  const boxes = await Promise.all(
    options.scripts.map((script, index) =>
      driver.boot(
        {
          instanceId: `i-0000000${index}`,
          amiId: 'ami-00000000',
          amiLaunchIndex: index,
          instanceType: 't3.micro',
          region: 'us-east-1',
          zone: 'us-east-1a',
          privateIp: `10.0.1.${index + 4}`,
          userData: Buffer.from(`#!/bin/bash\n${script}\n`),
          httpTokens: 'required',
          tags: {},
          services: {},
        },
        (chunk) => process.stdout.write(chunk),
      ),
    ),
  );
  process.stdout.write(`pids ${boxes.map(({ pid }) => pid).join(' ')}\n`);
  process.stdin.resume().on('end', () => {
    void Promise.all(boxes.map((box) => box.stop())).then(() => process.exit(0));
  });
} catch (error) {
  const { message, hint } = error as { message: string; hint?: string };
  process.stdout.write(`refused: ${message} (${hint})\n`);
}
