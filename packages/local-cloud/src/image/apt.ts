import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudError } from '../errors.ts';
import { type AptOutcome, commonFault, ended, firstFault, UNREACHABLE } from './apt-faults.ts';

/** Whose packages apt is asked for, and where it keeps what it fetches. */
interface AptPlan {
  readonly packages: readonly string[];
  /** Where cache and, where the host's own don't do, package lists are kept between runs. */
  readonly aptDir: string;
  /** Further settings, `Dir::State::status=FILE`: what counts as installed is then not what the host has. */
  readonly settings?: readonly string[];
  /** Keep the archives below `aptDir` too, for the next run. */
  readonly keep?: boolean;
}

/**
 * Downloads the packages that the host (or another root) lacks, with what they depend on (recommended ones not), into `folder`.
 * Nothing of the host is changed: cache, archives and, where the host's own don't do, package lists are rolecall's.
 * @param signal ends it before its time
 * @returns absolute paths of .deb files; none where everything is installed
 * @throws CloudError when there is no apt, a package is unknown, or the network can't be had
 */
export async function downloadPackages(
  { packages, aptDir, settings = [], keep = false }: AptPlan,
  folder: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const archives = keep ? join(aptDir, 'archives') : folder;
  for (const path of [
    folder,
    join(archives, 'partial'),
    join(aptDir, 'lists/partial'),
    join(aptDir, 'cache'),
  ])
    await mkdir(path, { recursive: true });
  const options = ['Debug::NoLocking=1', 'APT::Sandbox::User=root', 'Acquire::Retries=1', ...settings];
  options.push(`Dir::Cache=${join(aptDir, 'cache')}/`);
  const own = [...options, `Dir::State::lists=${join(aptDir, 'lists')}/`];
  const install = (flag: string, settings: readonly string[], archives: string) =>
    apt(
      [flag, '--yes', '--no-upgrade', '--no-install-recommends'],
      [...settings, `Dir::Cache::archives=${archives}/`],
      ['install', ...packages],
      signal,
    );

  // The host's lists may be absent (a fresh container) or old; then lists of our own are fetched.
  let used = options;
  let outcome = await install('--download-only', used, archives);
  if (!outcome.ok && UNREACHABLE.test(outcome.said)) throw refusal(packages, outcome, outcome);
  if (!outcome.ok) {
    used = own;
    const update = await apt([], used, ['update'], signal);
    outcome = await install('--download-only', used, archives);
    if (!outcome.ok) throw refusal(packages, outcome, update);
  }
  // With an empty folder of archives apt names all that it would fetch: those of this run among those that are kept.
  if (keep) {
    const { printed } = await install('--print-uris', used, folder);
    for (const [, name = ''] of printed.matchAll(/^'[^']+' (\S+\.deb) /gm))
      await copyFile(join(archives, name), join(folder, name));
  }
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.deb'))
    .sort()
    .map((name) => join(folder, name));
}

function refusal(packages: readonly string[], outcome: AptOutcome, update: AptOutcome): CloudError {
  const unknown = /Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate/.exec(
    outcome.said,
  );
  const common = commonFault('the packages of local_image', outcome, update);
  if (common !== undefined) return common;
  if (unknown !== null) {
    return new CloudError(
      'usage',
      `local_image.packages: Debian has no package named ${unknown[1] ?? unknown[2]}`,
      {
        hint: 'correct the name in roles.yaml (apt-cache search finds names)',
      },
    );
  }
  return new CloudError(
    'usage',
    `local_image.packages: apt can't provide ${packages.join(', ')}: ${firstFault(outcome)}`,
    {
      hint: `see what \`apt-get --simulate install ${packages.join(' ')}\` says`,
    },
  );
}

function apt(
  flags: readonly string[],
  options: readonly string[],
  words: readonly string[],
  signal: AbortSignal,
): Promise<AptOutcome & { readonly printed: string }> {
  const args = [...flags, '-q', ...options.flatMap((option) => ['-o', option]), ...words];
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(ended());
    const kill = () => void child.kill('SIGKILL');
    // Not left behind when the cloud is killed in the middle.
    const child = execFile(
      'setpriv',
      ['--pdeathsig', 'KILL', '--', 'apt-get', ...args],
      { env, maxBuffer: 64 * 1024 * 1024 },
      (error, printed, stderr) => {
        signal.removeEventListener('abort', kill);
        if (signal.aborted) return reject(ended());
        if (/failed to execute/.test(stderr)) {
          return reject(
            new CloudError(
              'usage',
              'local_image.packages needs apt-get (Debian or Ubuntu), which this machine has not',
              {
                hint: 'install those packages on this machine and remove them from local_image.packages',
              },
            ),
          );
        }
        return resolve({ ok: error === null, said: stderr || String(error ?? ''), printed });
      },
    );
    signal.addEventListener('abort', kill, { once: true });
  });
}
