import type { Build, PathName } from '../../src/model.ts';

/** A build as its manifest tells it. */
export const BUILD: Build = {
  app: 'shop' as PathName,
  tag: 'v1.2.0' as PathName,
  archive: 'v1.2.0.tar.gz',
  sha256: 'a'.repeat(64),
  size: 1_234_567,
  tarSha256: 'b'.repeat(64),
  tarSize: 4_567_890,
  commit: '0123456789abcdef0123456789abcdef01234567',
  committedAt: Date.parse('2026-11-20T10:00:00Z'),
  dirty: false,
  createdAt: Date.parse('2026-11-23T09:00:00Z'),
  by: 'ann@build-7',
  init: ['b/bootstrapper.sh', 'b/prod/bootstrapper.sh'],
};
