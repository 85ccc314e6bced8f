/** Lines that are no error, whatever words they hold: traces, progress, warnings known to be harmless, rolecall's own. */

/** `set -x` shows commands, which may speak of errors. */
export const TRACE = /^\++ /;

/** rolecall's lines for people, and a marker's remains. */
const OWN = /^rolecall(?:\[[\w.:-]{1,48}\][|:!~]|: )|^<<rc\d|^\[\.\.\. \d+ lines? \.\.\.\]$/;

/** Warnings that package tools, locales and terminals give on any fresh machine. */
const KNOWN: readonly RegExp[] = [
  // Debian: debconf without a terminal, apt's notes, services that a policy holds back
  /^debconf: /,
  /^WARNING: apt(?:-key)? does not have a stable CLI|^Warning: apt-key is deprecated|^Warning: apt-key output should not/,
  /^dpkg-preconfigure: unable to re-open/,
  /^(?:N|W): /,
  /^(?:invoke-rc\.d|update-rc\.d|start-stop-daemon|update-alternatives|dpkg-query|insserv|deb-systemd-\w+): (?:warning|policy|could not determine|WARNING|no packages? found|using)/i,
  /^All runlevel operations denied by policy/,
  /^Running in chroot, ignoring/,
  /^Extracting templates from packages|^Preconfiguring packages/,
  /^needrestart|^No (?:services|containers|user sessions|VM guests) (?:need|are running)/,
  // locales and terminals
  /^(?:perl|locale|manpath|mandb|\S*(?:ba|da|z)?sh|\S+: line \d+): (?:warning: (?:setlocale|Setting locale|Please check|Falling back)|Cannot set LC_|can't set the locale|warning: command substitution: ignored null byte)/,
  /^\s+(?:LANGUAGE|LC_\w+|LANG) = |^\s+are supported and installed on your system/,
  /^(?:(?:mesg|stty|tput|tty|tset|clear): |stdin: |)(?:ttyname failed|cannot open \S*tty\S*|is not a tty|No value for \$TERM|unknown terminal|TERM environment variable not set|standard input: Inappropriate ioctl)/,
  /(?:cannot set terminal process group|no job control in this shell)/,
  // hosts, ssh, gpg, tar
  /^sudo: unable to resolve host/,
  /^Warning: Permanently added /,
  /^gpg: (?:WARNING: |Warning: |directory |keybox |\S*trustdb|key \S+: public key|Total number|\s+imported|Signature made|\s+using |Good signature|Primary key|no ultimately|marginals|depth:|next trustdb)/,
  /^tar: (?:Removing leading|\S+: (?:time stamp|implausibly old|file changed as we read it)|Ignoring unknown extended header)/,
  /^(?:useradd|adduser|groupadd|usermod)(?:: | )(?:warning|Warning)/,
  /^(?:\/sbin\/)?ldconfig(?:\.real)?: /,
  // pip, npm, git, docker, Java
  /Running pip as the .root. user|^\[notice\]|^DEPRECATION: |You are using pip version|You should consider upgrading/,
  /^npm (?:ERR!|error) gyp (?:info|verb)|^npm (?:WARN|warn|notice)\b|^npm (?:ERR!|error)\s*$|^\(node:\d+\) |^\(Use `node --/,
  /^hint: |^Cloning into |^remote: (?:Enumerating|Counting|Compressing|Total)/,
  /^Unable to find image .* locally$/,
  /^(?:Picked up |NOTE: Picked up )_?JAVA|^OpenJDK .* warning:|^WARNING: (?:An illegal|A restricted|Use |All illegal|Please consider)/,
  /DeprecationWarning|FutureWarning|^\s*warnings\.warn\(|InsecureRequestWarning/,
  // cloud-init about user data of no format that it knows, as a personality is: docs/ami.md
  /^(?:\S+ \S+ - )?(?:\S+\.py)?\[(?:WARNING|WARN)\]: Unhandled (?:non-multipart|unknown content-type) /,
  // a program's name and version
  /^[A-Za-z][\w.+-]*(?: version)? v?\d+\.\d+[\w.+~-]*(?: \([^()]*\))?$/,
  /^Created symlink |^Synchronizing state of |^Executing: \/lib\/systemd/,
];

/** Progress: percentages, bars, meters, downloads, lists of packages. */
const PROGRESS: readonly RegExp[] = [
  /^\s*% Total\s+% Received|^\s*Dload\s+Upload|^\s*\d+\s+\d+[kMG]?\s+\d+\s+\d+[kMG]?\s+\d/,
  /^[\s.]*\d{1,3}%|\b\d{1,3}(?:\.\d+)?% ?(?:\[|\||$)|^\s*\d+K [ .]+/,
  /^[#=>\-.*|\s]{6,}$|\[[#=>\-. ]{6,}\]/,
  /^(?:Get|Hit|Ign):\d+ |^\(Reading database|^Selecting previously|^Preparing to unpack|^Unpacking |^Fetched |^Need to get|^After this operation/,
  /^Reading (?:package lists|state information)|^Building dependency tree|^0 upgraded|^Processing triggers/,
  /^(?:[0-9a-f]{12}: )?(?:Pulling|Waiting|Downloading|Extracting|Verifying Checksum|Download complete|Pull complete)\b/,
  /^(?:Receiving objects|Resolving deltas|Counting objects|Updating files):/,
];

/** A warning, a note, a message of a level below error. It may explain a failure, but only where nothing else does. */
const MINOR =
  /(?:^|[\s:|\]>])(?:warning|Warning|WARNING|warn|WARN|note|NOTE|notice|NOTICE|info|INFO|debug|DEBUG|trace|TRACE|deprecated)(?: ?\[[\w-]+\])?:|\[(?:\w+:)?(?:warn|warning|Warning|WARNING|note|Note|notice|info|INFO|System)\]|^.{0,40}\b(?:INFO|DEBUG|NOTICE|WARN|WARNING)\b/;

/** The same where the level stands first: no other form counts then. */
const BY_LEVEL =
  /^(?:\S+: )?(?:warning|Warning|WARNING|note|NOTE|info|INFO|debug|DEBUG|notice|NOTICE|deprecated)(?: ?\[[\w=-]+\])?:|^\S+: (?:warning|note): |^\[(?:warn|warning|WARN|WARNING|info|INFO|debug|DEBUG)\]|\b(?:level|severity|lvl)"?[=:] ?"?(?:info|debug|warn|warning|notice|trace)\b/i;

/** Whether a line says nothing about a failure. */
export const isHarmless = (line: string): boolean =>
  TRACE.test(line) || OWN.test(line) || KNOWN.some((form) => form.test(line));

export const isProgress = (line: string): boolean => PROGRESS.some((form) => form.test(line));

export const isByLevel = (line: string): boolean => BY_LEVEL.test(line);

export const isMinor = (line: string): boolean => MINOR.test(line);
