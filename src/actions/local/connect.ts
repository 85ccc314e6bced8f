import { dirname, resolve } from 'node:path';
import { isInside, realOf, surroundingsOf } from '../../bundle/places.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { UsageError } from '../../errors.ts';
import { stateFolder } from '../../files/state-folder.ts';
import { type LocalNetwork, networkOf } from '../no-network.ts';
import type { Runtime } from '../runtime.ts';
import { boxesAskedFor } from './boxes.ts';
import {
  about,
  type CloudFile,
  localFolder,
  registerBucket,
  registerImage,
  requireVmPrograms,
  runningCloud,
  startCloudProcess,
} from './gateway.ts';
import { serveCommand } from './installation.ts';
import { rightsHere } from './rights.ts';

/** A local cloud as a command uses it. */
export interface LocalCloud {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What can't work in its machines, a sentence each. */
  readonly limits: readonly string[];
  /** Nothing runs in its machines. */
  readonly simulated: boolean;
  /** It was started for this command alone: its machines end with it. */
  readonly ephemeral: boolean;
  /** The way outside that its machines have; undefined where nothing will be launched, or nothing runs in them. */
  readonly network?: LocalNetwork | undefined;
  close(): Promise<void>;
}

/** The AMI that a launch will ask for. */
export interface LocalAmi {
  readonly catalogue: Catalogue;
  readonly ami: string;
}

/** What must be there for a command; where nothing is named, it looks at machines that are there already. */
export interface LocalNeeds {
  /** Machines will be launched from it. */
  readonly image?: LocalAmi | undefined;
  /** Made where it isn't there: on AWS it is made once by hand. */
  readonly bucket?: { readonly name: string; readonly region: string } | undefined;
  /** A cloud for this command alone, also where one is up. */
  readonly alone?: boolean;
}

/**
 * The local cloud that is up; else, where there is something to prepare, one for this command alone.
 * @throws UsageError where none is up and nothing will be launched: there is no machine to look at
 */
export async function localCloud(runtime: Runtime, needs: LocalNeeds): Promise<LocalCloud> {
  const folder = localFolder(stateFolder(runtime.env));
  const running = needs.alone ? undefined : await runningCloud(folder);
  if (running !== undefined) {
    keepTimeOf(running.file, runtime);
    await prepare(running.file, needs, runtime);
    const { limits } = running.about;
    return { ...factsOf(running.file, needs), limits, ephemeral: false, close: async () => {} };
  }
  if (needs.image === undefined && needs.bucket === undefined) {
    throw new UsageError('no local cloud is up, so it has no machines', { hint: 'rolecall local up' });
  }
  // Objects need no rights: who only stores something is not asked for a password.
  const boxes = boxesAskedFor(runtime);
  const sudo =
    needs.image !== undefined && boxes.machines === 'sandbox' && rightsHere(runtime).kind === 'sudo';
  if (boxes.machines === 'vm') requireVmPrograms();
  const starting = startCloudProcess({ command: serveCommand(), folder, ephemeral: true, sudo, ...boxes });
  const { file, close: end } = await runtime.user.waiting({ doing: 'starting the local cloud' }, starting);
  keepTimeOf(file, runtime);
  // Ctrl-C has ended the command by then: this is what it still waits for.
  const close = () => runtime.user.waiting({ doing: 'ending the local cloud', toTheEnd: true }, end());
  try {
    const [{ limits }] = await Promise.all([about(file), prepare(file, needs, runtime)]);
    return { ...factsOf(file, needs), limits, ephemeral: true, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether a lasting local cloud is up. @param state rolecall's state folder */
export const localIsUp = async (state: string): Promise<boolean> =>
  (await runningCloud(localFolder(state))) !== undefined;

/** A cloud whose time runs faster than ours takes the command along: its waits and its times are the cloud's. */
function keepTimeOf({ clock }: CloudFile, runtime: Runtime): void {
  if (clock !== undefined) runtime.goBy?.({ originMs: clock.origin_ms, speed: clock.speed });
}

const factsOf = (file: CloudFile, { image, alone = false }: LocalNeeds) => ({
  network: file.kind === 'simulated' || image === undefined ? undefined : networkOf(image.catalogue, alone),
  simulated: file.kind === 'simulated',
  endpoint: file.endpoint,
  accessKeyId: file.access_key_id,
  secretAccessKey: file.secret_access_key,
});

async function prepare(file: CloudFile, { image, bucket }: LocalNeeds, runtime: Runtime): Promise<void> {
  if (bucket !== undefined) await registerBucket(file, bucket);
  if (image !== undefined) await prepareImage(file, image, runtime);
}

/** Machines of the image read the overlay, whoever wrote the catalogue. @throws UsageError for one outside of its repository */
async function refuseOutside(catalogue: string, overlay: string, runtime: Runtime): Promise<void> {
  const folder = dirname(catalogue);
  const real = await realOf(resolve(folder, overlay));
  if (real === undefined || isInside(real, await surroundingsOf(folder, runtime.env['HOME']))) return;
  throw new UsageError(`local_image.overlay is ${real}, outside of the catalogue's repository`, {
    hint: `copy it beside ${catalogue}, and name the copy`,
  });
}

/** Makes the AMI known to the cloud: built from the catalogue's local_image when it isn't there yet. */
async function prepareImage(file: CloudFile, image: LocalAmi, runtime: Runtime): Promise<void> {
  const { path, localImage } = image.catalogue;
  const { overlay, packages = [], network = false } = localImage ?? {};
  if (overlay !== undefined) await refuseOutside(path, overlay, runtime);
  const what = packages.length === 0 ? '' : ` with ${packages.join(', ')}`;
  await runtime.user.waiting(
    { doing: `preparing the local image${what}`, aside: 'only the first launch takes long' },
    registerImage(file, {
      id: image.ami,
      ...(overlay !== undefined && { overlay: resolve(dirname(path), overlay) }),
      packages,
      network,
    }),
  );
}
