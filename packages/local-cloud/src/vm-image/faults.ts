import { kernelHint } from '../box/kernel.ts';
import { CloudError } from '../errors.ts';
import { commonFault, firstFault, fullDisk, lastFault, noSpace } from '../image/apt-faults.ts';

/** Why the base could not be made, for the operator. @param said what mmdebstrap and its tools printed */
export function baseFault(said: string, release: string, root: boolean): CloudError {
  const outcome = { ok: false, said };
  const common =
    commonFault('the packages of the image of virtual machines', outcome, outcome) ?? hostFault(said, root);
  if (common !== undefined) return common;
  return new CloudError('usage', `the image of virtual machines could not be made: ${firstFault(outcome)}`, {
    hint: /NO_PUBKEY/.test(said)
      ? `get the keys of ${release}: sudo apt-get install --only-upgrade debian-archive-keyring`
      : `check that the mirror in this machine’s apt sources has ${release}, or name one that it has by ROLECALL_VM_RELEASE`,
  });
}

/** Why packages could not be installed into an image. */
export function packagesFault(said: string, packages: readonly string[], root: boolean): CloudError {
  return (
    hostFault(said, root) ??
    new CloudError('usage', `local_image.packages: dpkg failed: ${lastFault(said)}`, {
      hint: `these packages would fail on an AMI too; try them one by one: ${packages.join(' ')}`,
    })
  );
}

/** Why the disk of an image could not be made. */
export function diskFault(said: string, root: boolean): CloudError {
  return (
    hostFault(said, root) ??
    new CloudError('usage', `the disk of the image could not be made: ${lastFault(said)}`, {
      hint: 'look for a file of local_image.overlay where the image has a folder, or the other way round',
    })
  );
}

function hostFault(said: string, root: boolean): CloudError | undefined {
  if (/^rolecall: memory full$/m.test(said))
    return new CloudError('usage', 'the image of virtual machines is larger than 3 GiB', {
      hint: 'take packages out of local_image.packages, or large files out of the overlay',
    });
  const full = fullDisk(said);
  if (full !== undefined) return noSpace(full);
  const refused = /^(?:unshare|newuidmap|newgidmap|mount): .*$/m.exec(said)?.[0];
  if (refused === undefined) return undefined;
  return new CloudError('usage', `the image of virtual machines could not be made: ${refused}`, {
    hint: /subuid|subgid|newuidmap|newgidmap|--map-auto/.test(said)
      ? 'give this user subordinate ids: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER'
      : kernelHint(said, root),
  });
}
