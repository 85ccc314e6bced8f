import type { Bucket } from '../aws/ports.ts';
import type { LaunchRecords } from './records.ts';

/** Records as objects of the bucket, where every runner of CI and every operator finds them. */
export const bucketRecords = (bucket: Bucket): LaunchRecords => ({
  create: (key, text) => bucket.createText(key, text),
  read: async (key) => (await bucket.readText(key))?.text,
  list: async (prefix) => (await bucket.list(prefix)).map(({ key }) => key),
  locate: (key) => bucket.locate(key),
});
