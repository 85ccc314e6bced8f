import type { Bucket } from '../aws/ports.ts';
import { AwsError } from '../errors.ts';
import type { LaunchRecords } from './records.ts';

/** Records as objects of the bucket, where every runner of CI and every operator finds them. */
export const bucketRecords = (bucket: Bucket): LaunchRecords => ({
  create: (key, text) => goingOn(key, bucket.createText(key, text)),
  read: (key) => goingOn(key, bucket.readText(key)).then((stored) => stored?.text),
  version: async (key) => {
    const stored = await bucket.readText(key);
    return stored && { text: stored.text, etag: stored.etag, ageMs: stored.readAt - stored.modifiedAt };
  },
  replace: async (key, text, etag) => {
    if (etag !== undefined) return await bucket.replaceText(key, text, etag);
    await bucket.createText(key, text);
    return undefined;
  },
  list: async (prefix) => (await goingOn(prefix, bucket.list(prefix))).map(({ key }) => key),
  locate: (key) => bucket.locate(key),
});

/** Where S3 fails once batches are recorded, machines may be there already: the error says how to go on. */
async function goingOn<T>(key: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const [, launch] = /^launches\/([^/]+)\/batches\//.exec(key) ?? [];
    if (!(error instanceof AwsError) || launch === undefined) throw error;
    const next = `the same command with --launch-id ${launch} goes on where this one ended, and launches nothing twice`;
    const hint = error.hint === undefined ? next : `${error.hint}\n${next}`;
    throw new AwsError(error.message, { kind: error.kind, code: error.code, hint, cause: error });
  }
}
