import { join } from 'node:path';
import { boxProgram, packageRoot } from '../../files/package-root.ts';
import type { Installation } from './gateway.ts';

/** Where this installation of rolecall has the local cloud's scripts, and what its images boot with. */
export function installation(root: string = packageRoot()): Installation {
  return {
    packageFolder: join(root, 'packages', 'local-cloud'),
    bootstrapper: {
      program: boxProgram('bootstrapper.sh', root),
      rcLocal: join(root, 'templates', 'rc.local'),
      unit: join(root, 'templates', 'rolecall-bootstrapper.service'),
    },
  };
}

/** The command that starts a process of this rolecall which serves a local cloud; the request is its last argument. */
export const serveCommand = (): readonly string[] => [
  process.execPath,
  join(packageRoot(), 'dist', 'rolecall.cjs'),
  'local',
  'serve',
];
