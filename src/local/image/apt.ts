import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';

interface AptOutcome {
  readonly ok: boolean;
  /** What it said on stderr, or why it could not be started. */
  readonly said: string;
}

/**
 * Downloads the packages that the host lacks, with what they depend on (recommended ones not), into `folder`.
 * Nothing of the host is changed: cache, archives and, where the host's own don't do, package lists are rolecall's.
 * @param aptDir where those are kept between runs
 * @param signal ends it before its time
 * @returns absolute paths of .deb files; none where everything is installed
 * @throws UsageError when there is no apt, a package is unknown, or the network can't be had
 */
export async function downloadPackages(
  packages: readonly string[],
  folder: string,
  aptDir: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await mkdir(join(folder, 'partial'), { recursive: true });
  await mkdir(join(aptDir, 'lists/partial'), { recursive: true });
  await mkdir(join(aptDir, 'cache'), { recursive: true });
  const options = ['Debug::NoLocking=1', 'APT::Sandbox::User=root', 'Acquire::Retries=1'];
  options.push(`Dir::Cache=${join(aptDir, 'cache')}/`, `Dir::Cache::archives=${folder}/`);
  const own = [...options, `Dir::State::lists=${join(aptDir, 'lists')}/`];
  const get = (settings: readonly string[]) =>
    apt(
      ['--download-only', '--yes', '--no-upgrade', '--no-install-recommends'],
      settings,
      ['install', ...packages],
      signal,
    );

  // The host's lists may be absent (a fresh container) or old; then lists of our own are fetched.
  let outcome = await get(options);
  if (!outcome.ok && UNREACHABLE.test(outcome.said)) throw refusal(packages, outcome, outcome);
  if (!outcome.ok) {
    const update = await apt([], own, ['update'], signal);
    outcome = await get(own);
    if (!outcome.ok) throw refusal(packages, outcome, update);
  }
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.deb'))
    .sort()
    .map((name) => join(folder, name));
}

/** The cloud ends while the image is being made. */
export const ended = (): UsageError =>
  new UsageError('the local cloud ended before its image was made', {
    hint: 'the same command begins again',
  });

/** The disk of the state folder is full; `said` is the line that tells so. */
export const noSpace = (said: string): UsageError =>
  new UsageError(`the local image does not fit on the disk: ${said.replace(/^[EW]: /, '').trim()}`, {
    hint: 'free some space, or set XDG_STATE_HOME to the absolute path of a folder on another disk',
  });

/** What apt says when it reaches no server at all; a 404 is another matter: the lists are old. */
const UNREACHABLE = /Could not (resolve|connect)|Unable to connect|Temporary failure|Network is unreachable/;

function refusal(packages: readonly string[], outcome: AptOutcome, update: AptOutcome): UsageError {
  const unknown = /Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate/.exec(
    outcome.said,
  );
  const full = /^.*No space left on device.*$/m.exec(`${update.said}\n${outcome.said}`);
  if (full !== null) return noSpace(full[0]);
  if (
    /Failed to fetch|Could not (resolve|connect)|Temporary failure/.test(`${outcome.said}\n${update.said}`)
  ) {
    return new UsageError(
      `the packages of local_image can't be fetched: ${firstFault(update.ok ? outcome : update)}`,
      {
        hint: "check the machine's network and its apt sources, then launch again; packages once fetched need no network",
      },
    );
  }
  if (unknown !== null) {
    return new UsageError(`local_image.packages: Debian has no package named ${unknown[1] ?? unknown[2]}`, {
      hint: 'correct the name in roles.yaml (apt-cache search finds names)',
    });
  }
  return new UsageError(
    `local_image.packages: apt can't provide ${packages.join(', ')}: ${firstFault(outcome)}`,
    {
      hint: `see what \`apt-get --simulate install ${packages.join(' ')}\` says`,
    },
  );
}

const firstFault = ({ said }: AptOutcome): string => {
  const lines = said.split('\n').filter(Boolean);
  return (lines.find((line) => /^[EW]: /.test(line)) ?? lines.at(-1) ?? 'it gave no reason').replace(
    /^[EW]: /,
    '',
  );
};

function apt(
  flags: readonly string[],
  options: readonly string[],
  words: readonly string[],
  signal: AbortSignal,
): Promise<AptOutcome> {
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
      (error, _stdout, stderr) => {
        signal.removeEventListener('abort', kill);
        if (signal.aborted) return reject(ended());
        if (/failed to execute/.test(stderr)) {
          return reject(
            new UsageError(
              'local_image.packages needs apt-get (Debian or Ubuntu), which this machine has not',
              {
                hint: 'install those packages on this machine and remove them from local_image.packages',
              },
            ),
          );
        }
        return resolve({ ok: error === null, said: stderr || String(error ?? '') });
      },
    );
    signal.addEventListener('abort', kill, { once: true });
  });
}
