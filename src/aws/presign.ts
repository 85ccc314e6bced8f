import { createHmac } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import type { FormRequest, PresignedForms, PresignedUrl } from './ports.ts';
import type { Place, S3Session } from './s3-session.ts';

type Credentials = Awaited<ReturnType<S3Client['config']['credentials']>>;

/** A signature lives at most this long, in seconds: seven days. */
const LONGEST_SECONDS = 604_800;

/** Signs a GET. The URL says nothing of the bucket's owner: that is for requests of the command itself. */
export async function presignGet(
  session: S3Session,
  place: Pick<Place, 'Bucket' | 'Key'>,
  seconds: number,
  clock: Clock,
): Promise<PresignedUrl> {
  return await session.call('GetObject', async (client, sdk) => {
    const credentials = await client.config.credentials();
    const life = lifeOf(credentials, seconds, clock);
    const url = await sdk.getSignedUrl(client, new sdk.GetObjectCommand(place), { expiresIn: life.seconds });
    return {
      url,
      ...life,
      shortened: life.seconds < seconds,
      uncertain: credentials.expiration === undefined && credentials.sessionToken !== undefined,
    };
  });
}

/**
 * Signs forms that put objects below prefixes. The SDK's own `createPresignedPost` repeats the session token in every
 * policy, and user data has no room for that.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export async function presignForms<Name extends string>(
  session: S3Session,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  requests: Readonly<Record<Name, FormRequest>>,
  expiresSeconds: number,
  clock: Clock,
): Promise<PresignedForms<Name>> {
  return await session.call('PutObject', async (client, sdk) => {
    const credentials = await client.config.credentials();
    const region = await client.config.region();
    const life = lifeOf(credentials, expiresSeconds, clock);
    const now = Date.now() + client.config.systemClockOffset;
    const date = iso8601(now).replace(/[-:]/g, '');
    const scope = [date.slice(0, 8), region, 's3', 'aws4_request'];
    const credential = [credentials.accessKeyId, ...scope].join('/');
    const token = credentials.sessionToken;
    const key = scope.reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
    const signed = ({ keyPrefix, maxBytes }: FormRequest) => {
      const conditions = [
        { bucket },
        ['starts-with', '$key', prefix + keyPrefix],
        ['content-length-range', 1, maxBytes],
        { 'X-Amz-Algorithm': 'AWS4-HMAC-SHA256' },
        { 'X-Amz-Credential': credential },
        { 'X-Amz-Date': date },
        // Any token: S3 wants a condition for each field, and only the right token belongs to the access key.
        ...(token === undefined ? [] : [['starts-with', '$X-Amz-Security-Token', '']]),
      ];
      const expiration = iso8601(now + life.seconds * 1000);
      const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
      return { policy, signature: hmac(key, policy).toString('hex') };
    };
    // The SDK knows the bucket's address: that of a request for any key, without the key.
    const url = new URL(
      await sdk.getSignedUrl(client, new sdk.GetObjectCommand({ Bucket: bucket, Key: 'key' })),
    );
    const forms = Object.fromEntries(
      Object.entries<FormRequest>(requests).map(([name, request]) => [name, signed(request)]),
    ) as PresignedForms<Name>['forms'];
    return {
      url: url.origin + (url.pathname.replace(/\/key$/, '') || '/'),
      credential,
      date,
      ...(token !== undefined && { token }),
      forms,
      ...life,
    };
  });
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const iso8601 = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');

/**
 * A signature lives no longer than the credentials that made it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 */
function lifeOf(
  { expiration }: Credentials,
  asked: number,
  clock: Clock,
): { readonly seconds: number; readonly expiresAt: number } {
  const left = ((expiration?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now()) / 1000;
  const seconds = Math.max(1, Math.min(asked, LONGEST_SECONDS, Math.floor(left)));
  return { seconds, expiresAt: clock.now() + seconds * 1000 };
}
