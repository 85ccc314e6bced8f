import type { AwsTarget, Bucket } from '../aws/ports.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { AwsError } from '../errors.ts';
import { stateFolder } from '../files/state-folder.ts';
import { type Artifacts, artifactsOf } from './artifacts/artifacts.ts';
import type { BuildChoice } from './artifacts/build.ts';
import type { LaunchRequest } from './launch-request.ts';
import type { Runtime } from './runtime.ts';
import { bucketOf, bucketPlace, type CloudChoice, inSession, openSession, requireBucket } from './session.ts';

/** What a launch would give its machines, for a look. */
export interface Preview {
  readonly artifacts: Artifacts;
  /** Set where stand-ins signed: why nobody else could. A launch's payload may have another size then. */
  readonly estimate?: string;
}

interface PreviewWords extends CloudChoice, BuildChoice {}

/**
 * Makes the artifacts of a launch by the code that makes the launch's own, with its credentials and endpoint. Publishes nothing,
 * and starts no local cloud but for a build that has to be looked up.
 * @param lookUp false where a local folder stands for the build
 */
export async function previewArtifacts(
  words: PreviewWords,
  draft: LaunchRequest,
  catalogue: Catalogue,
  runtime: Runtime,
  lookUp = true,
): Promise<Preview> {
  const { role, source } = draft;
  if (source.asks === 'requests' && lookUp) {
    return await inSession(bucketPlace(words, role.region, catalogue), runtime, async (session) => ({
      artifacts: await artifactsOf(draft, words, session, 'preview'),
    }));
  }
  const { bucket, estimate } = await signer(words, draft, catalogue, runtime);
  const artifacts = await artifactsOf(draft, {}, { bucket, catalogue, runtime }, 'signed');
  return { artifacts, ...(estimate !== undefined && { estimate }) };
}

/** The catalogue's bucket as a launch would sign for it; where a launch couldn't, a stand-in signs; undefined where nothing is signed. */
async function signer(
  words: CloudChoice,
  { role: { region, beacons }, source }: LaunchRequest,
  catalogue: Catalogue,
  runtime: Runtime,
): Promise<{ readonly bucket: Bucket | undefined; readonly estimate?: string }> {
  if (source.asks !== 'signatures' && !beacons) return { bucket: undefined };
  const { connectBucket } = await import('../aws/s3.ts');
  const standIn = (more: Partial<AwsTarget>, estimate: string) => ({
    bucket: connectBucket(
      { region, credentials: STAND_IN, ...more },
      { bucket: bucketOf(catalogue), prefix: catalogue.prefix },
    ),
    estimate,
  });
  if (words.local) {
    const { localIsUp } = await import('./local/connect.ts');
    if (!(await localIsUp(stateFolder(runtime.env))))
      return standIn({ endpoint: LOCAL_STAND_IN }, 'no local cloud is up');
  }
  const bucket = requireBucket(await openSession({ choice: words, region, catalogue }, runtime));
  try {
    const left = 'nothing was done';
    await runtime.user.waiting({ doing: 'asking for credentials', left }, bucket.presignGet('', 1));
    return { bucket };
  } catch (error) {
    if (!(error instanceof AwsError && error.kind === 'credentials')) throw error;
    return standIn({}, error.message);
  }
}

/** As long as a user's permanent keys. */
const STAND_IN = { accessKeyId: 'AKIA0000000000000000', secretAccessKey: 'stand-in' };
/** As long as the endpoint of most local clouds. */
const LOCAL_STAND_IN = 'http://127.0.0.1:40000';
