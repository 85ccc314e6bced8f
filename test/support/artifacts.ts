import type { BundleArtifact } from '../../src/actions/artifacts/bundle.ts';
import type { SchemeArtifacts } from '../../src/actions/artifacts/scheme.ts';
import { startUpArtifacts } from '../../src/actions/artifacts/start-up-bundle.ts';

/** What machines with a bundle get, as far as payloads show it. */
export const bundled = (
  artifact: Pick<BundleArtifact, 'pinned'> & Partial<BundleArtifact>,
): SchemeArtifacts =>
  startUpArtifacts(
    { settings: { expiresMs: 21_600_000 } as never, modules: [], parts: {} as never, outside: [] },
    { sealed: {} as never, ...artifact },
  );
