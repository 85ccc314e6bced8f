import type { Clock } from '../io/clock.ts';
import type { PostRequest, PresignedPost, PresignedUrl } from './ports.ts';
import type { S3Session } from './s3-session.ts';

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/** What is signed is good for no longer than this, seconds: seven days. */
const LONGEST_SECONDS = 604_800;

/** Signs a GET. */
export async function presignGet(
  session: S3Session,
  place: Place,
  seconds: number,
  clock: Clock,
): Promise<PresignedUrl> {
  return await session.call('GetObject', async (client, sdk) => {
    const credentials = await client.config.credentials();
    const life = lifeOf(credentials, seconds, clock);
    const url = await sdk.getSignedUrl(client, new sdk.GetObjectCommand(place), {
      expiresIn: life.expiresIn,
    });
    return {
      url,
      expiresAt: life.expiresAt,
      seconds: life.expiresIn,
      shortened: life.shortened,
      uncertain: credentials.expiration === undefined && credentials.sessionToken !== undefined,
    };
  });
}

/**
 * Signs a form for objects whose keys begin with `Key` and that have at most `maxBytes` bytes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export async function presignPost(
  session: S3Session,
  { Bucket, Key }: Place,
  { maxBytes, expiresSeconds }: PostRequest,
  clock: Clock,
): Promise<PresignedPost> {
  return await session.call('PutObject', async (client, sdk) => {
    const life = lifeOf(await client.config.credentials(), expiresSeconds, clock);
    const { url, fields } = await sdk.createPresignedPost(client, {
      Bucket,
      // The SDK makes a starts-with condition of what stands before it.
      Key: `${Key}\${filename}`,
      Conditions: [['content-length-range', 1, maxBytes]],
      Expires: life.expiresIn,
    });
    const field = (name: string): string => fields[name] ?? '';
    const token = fields['X-Amz-Security-Token'];
    return {
      url,
      credential: field('X-Amz-Credential'),
      date: field('X-Amz-Date'),
      ...(token !== undefined && { token }),
      policy: field('Policy'),
      signature: field('X-Amz-Signature'),
      expiresAt: life.expiresAt,
      shortened: life.shortened,
    };
  });
}

/**
 * A signature is good for no longer than the credentials that made it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 */
function lifeOf({ expiration }: { readonly expiration?: Date }, seconds: number, clock: Clock) {
  const left = ((expiration?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now()) / 1000;
  const expiresIn = Math.max(1, Math.min(seconds, LONGEST_SECONDS, Math.floor(left)));
  return { expiresIn, expiresAt: clock.now() + expiresIn * 1000, shortened: expiresIn < seconds };
}
