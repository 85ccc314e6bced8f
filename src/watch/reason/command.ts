/** What is known of a failing command from its text: which programs it runs, and whether they say why they fail. */

/** Words before a program's name. */
const WRAPPERS = new Set(
  '! { ( time exec command builtin env sudo nohup nice ionice setsid stdbuf eatmydata chronic if while until then do else timeout chroot flock'.split(
    ' ',
  ),
);
/** Those of them that take a word before the program. */
const WITH_ARGUMENT = new Set(['timeout', 'chroot', 'flock']);

/** Options of wrappers that take a word: `sudo -u postgres`, `timeout -k 5 30`, `nice -n 10`. */
const WITH_WORD = /^-[ugknsoCh]$|^--(?:user|group|kill-after|signal|adjustment)$/;

/**
 * The programs that a command runs, by name: those of a pipeline and of its substitutions, too. Names that only the shell
 * knows (`$tool`) are left out.
 */
export function programsOf(command: string): readonly string[] {
  const inner = [...command.matchAll(/\$\(([^()]*)|`([^`]*)`|<\(([^()]*)/g)].map(
    ([, one, two, three]) => one ?? two ?? three ?? '',
  );
  const parts = [command, ...inner].flatMap((text) => text.split(/\s*(?:\|\|?|&&|;)&?\s*/));
  return [...new Set(parts.flatMap((part) => [programOf(part), ...wrappersOf(part), ...runBy(part)]))].filter(
    (name) => name !== '',
  );
}

/** The tool that a function or a script of one's own is given to run: `retry 3 curl -fsS URL`. */
function runBy(command: string): string[] {
  if (isKnown(programOf(command))) return [];
  const tool = command.split(/\s+/).slice(1, 6).map(nameIn).find(isKnown);
  return tool === undefined ? [] : [tool];
}

const isKnown = (name: string): boolean =>
  NAMING.has(name) || WORDLESS.has(name) || OTHERWISE.some(([program]) => program.test(name));

/** Programs that run another one, and have messages of their own. */
const wrappersOf = (command: string): string[] =>
  command
    .trim()
    .split(/\s+/)
    .slice(0, 4)
    .filter((word) => /^(?:sudo|su|env|timeout|chroot|flock|nice|nohup|setsid|stdbuf|xargs)$/.test(word));

/** The name of the program that one simple command runs; empty where it runs none. */
export function programOf(command: string): string {
  const words = command.trim().split(/\s+/);
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (/^\w+\+?=/.test(word) || /^\d*[<>]/.test(word)) continue;
    if (word.startsWith('-')) {
      if (WITH_WORD.test(word)) at++;
      continue;
    }
    const base = word.replace(/^.*\//, '');
    if (!WRAPPERS.has(base)) return nameIn(word);
    at = afterOptions(words, at + 1) - (WITH_ARGUMENT.has(base) ? 0 : 1);
  }
  return '';
}

function afterOptions(words: readonly string[], from: number): number {
  let at = from;
  while (words[at]?.startsWith('-')) at += WITH_WORD.test(words[at] ?? '') ? 2 : 1;
  return at;
}

const nameIn = (word: string): string => {
  const name = word.replace(/^["']|["']$/g, '').replace(/^.*\//, '');
  return /[$`(){}]/.test(name) ? '' : name;
};

/** Programs that end with a status and no word about it: tests, comparisons, searches in vain. */
const WORDLESS = new Set(
  'test [ [[ (( let : true read shift expr cmp diff grep egrep fgrep zgrep rgrep pgrep pidof killall5 sleep mountpoint getent hash type which pg_isready findmnt lsof fuser inotifywait flock'.split(
    ' ',
  ),
);
/** Programs that begin every message with their own name. */
const NAMING = new Set(
  'cp mv rm ln mkdir rmdir chmod chown chgrp install cat ls touch dd stat readlink realpath mktemp head tail cut sort uniq wc tr date id nl od split truncate shred sync df du grep egrep sed curl gzip gunzip useradd usermod userdel groupadd groupdel chpasswd cd sha256sum sha512sum md5sum sha1sum ssh-keygen'.split(
    ' ',
  ),
);

/** Whether a command can't have said why it failed: it never does, was told not to, or its words went elsewhere. */
export function isQuiet(command: string): boolean {
  const simple = command.replace(/\$\([^()]*\)/g, 'x');
  if (/(?:&>>?|>&) ?[^&\s]|(?:^|\s)2>>? ?[^&\s]|(?:^|\s)>>? ?\S+ 2>&1/.test(simple)) return true;
  if (/^\s*(?:! )?command\s+-[vV]\b/.test(simple)) return true;
  const [stage = ''] = simple.split('|').slice(-1);
  const name = programOf(stage);
  if (name === 'curl') return isShort(stage, 's') && !isShort(stage, 'S');
  if (name === 'wget') return /\s(?:-q|--quiet)\b/.test(stage);
  if (name === 'nc' || name === 'ncat') return !isShort(stage, 'v');
  if (name === 'systemctl' || name === 'git' || name === 'rpm' || name === 'ping' || name === 'dpkg-query')
    return /\s(?:-q|--quiet|--exit-code)\b/.test(stage);
  if (name === 'sha256sum' || name === 'md5sum' || name === 'sha1sum') return /\s--status\b/.test(stage);
  if (/^timeout\s.*\bsleep\b/.test(stage)) return true;
  return WORDLESS.has(name) || /^\s*(?:\[\[?|\(\()/.test(stage);
}

/** Whether a short option stands among others: `-fsSL`; or its long form. */
function isShort(stage: string, letter: 's' | 'S' | 'v'): boolean {
  const long = { s: '--silent', S: '--show-error', v: '--verbose' }[letter];
  return stage
    .split(/\s+/)
    .some((word) => word === long || (/^-[A-Za-z]+$/.test(word) && word.includes(letter)));
}

/** Whether every message of these programs begins with a name of theirs. */
export const nameThemselves = (programs: readonly string[]): boolean =>
  programs.length > 0 && programs.every((name) => NAMING.has(name) || name === 'env' || name === 'sudo');

/** How programs begin messages where it isn't by their own name. */
const OTHERWISE: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^(?:apt|apt-get|aptitude|apt-cache|apt-mark|add-apt-repository|tasksel)$/,
    /^(?:E|Err:\d+)[: ]|^dpkg: |^The following packages have unmet/,
  ],
  [
    /^(?:yum|dnf|microdnf|zypper|tdnf)$/,
    /^(?:Error|No match for argument|No package|Problem|error|Failed|Cannot|Package)\b/,
  ],
  [/^(?:rpm|rpmbuild)$/, /^error: |is not installed$/],
  [/^pip[\d.]*$|^pipx$|^uv$/, /^(?:ERROR|error): /],
  [/^(?:npm|npx|yarn|pnpm)$/, /^npm (?:ERR!|error) |^error |^ ?ERR_/],
  [/^(?:gem|bundle|bundler|rake)$/, /^ERROR: |^Could not |^rake aborted|^Gem::/],
  [/^(?:cargo|rustc|rustup)$/, /^error/],
  [/^go$/, /^go: |^\S+\.go:\d+|^# |^panic: |^no required module|^package /],
  [/^(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld)(?:-\d+)?$/, /: (?:fatal )?error: |undefined reference|^cc1: /],
  [/^cmake$/, /^CMake Error/],
  [/^(?:mvn|mvnw)$/, /^\[ERROR\]/],
  [
    /^(?:javac|java|gradle|gradlew)$/,
    /^Error: |^Exception in |^Caused by: |: error: |^\* What went|^Unrecognized/,
  ],
  [/^git$/, /^(?:fatal|error|remote: error|remote: fatal|ERROR): |Permission denied \(/],
  [
    /^(?:ssh|scp|sftp|rsync|ssh-copy-id)$/,
    /^(?:ssh|scp|sftp|rsync|kex_exchange|Host key|@)|Permission denied \(|^Connection closed by/,
  ],
  [/^wget$/, /^wget: | ERROR \d{3}: |failed: |^ERROR: /],
  [/^(?:dig|host|nslookup)$/, /^;; |not found: |^\*\* server/],
  [
    /^(?:mkfs|mkfs\.\w+|mke2fs)$/,
    /^(?:mke2fs|mkfs[\w.]*): |^The file |.* contains a\b|is (?:mounted|apparently in use)/,
  ],
  [/^(?:fsck|fsck\.\w+|e2fsck)$/, /^(?:fsck|e2fsck)[\w.]*: |: UNEXPECTED|ext2fs_open/],
  [/^(?:pv|vg|lv)\w+$/, /^ {2}\S/],
  [
    /^(?:systemctl|service|journalctl|rc-service)$/,
    /^(?:Failed to|Job for|Unit|System has not been|\S+: unrecognized service)/,
  ],
  [
    /^(?:nginx|apache2|apache2ctl|apachectl|httpd|haproxy|named|sshd)$/,
    /\[(?:emerg|alert|crit|\w+:emerg)\]|^AH\d+|^Syntax error on|^Invalid command|Bad configuration/,
  ],
  [
    /^(?:psql|pg_\w+|createdb|createuser|initdb|postgres|pg_ctl\w*)$/,
    /^(?:ERROR|FATAL|psql|pg_\w+|createdb|initdb|postgres): |^\S*: (?:error|FATAL|ERROR): /,
  ],
  [
    /^(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-\w+)$/,
    /^ERROR (?:\d+ )?\(|^error: '|^(?:mysql\w*|mariadb\S*): /,
  ],
  [/^(?:mysqld|mariadbd|mysqld_safe)$/, /\[ERROR\]/],
  [/^redis-(?:cli|server)$/, /^\(error\)|^Could not connect|FATAL CONFIG|^Bad directive|^>>> /],
  [
    /^(?:openssl)$/,
    /^[0-9A-F]+:error:|^(?:Can't open|Could not|Unable to|unable to|Error|bad |Verif)|: (?:error|verification failed)/,
  ],
  [/^(?:sha\d+sum|md5sum|b2sum)$/, /: FAILED/],
  [/^(?:unzip|zip)$/, /^(?:unzip|zip)(?: error|:)|^ *End-of-central|^error: /],
  [
    /^(?:docker|podman|docker-compose|buildah|nerdctl)$/,
    /^(?:docker|podman|Error|ERROR|failed to|Error response|invalid|unknown)\b/,
  ],
  [/^(?:terraform|tofu|packer|vault|consul|nomad)$/, /^[│╷ ]*Error/],
  [/^(?:ansible\S*)$/, /^(?:fatal: |ERROR! |\[ERROR\])|FAILED!|UNREACHABLE!/],
  [
    /^(?:aws)$/,
    /An error occurred \(|^(?:fatal error|aws|Unable to locate|Could not connect|upload failed|download failed|Error|usage)/,
  ],
  [/^(?:kubectl|helm|gcloud|az|kubeadm)$/, /^(?:error|Error|ERROR|The connection|Unable|ERROR:)/],
  [
    /^(?:python|node|perl|ruby|php|lua|Rscript|java|escript|tclsh)[\d.]*$/,
    /^(?:[\w.]+(?:Error|Exception|Exit|Interrupt)\b|panic|PHP )| at \S+ line \d+|:\d+:in |^\S+: can't open file|^Can't open perl script/,
  ],
  [/^(?:yq|hcl2json|crictl|ctr|gh|glab|sops|age|step|certbot)$/, /^(?:Error|error|FATA|ERRO|failed)/],
  [/^(?:gunzip|gzip|zcat|zgrep|tar)$/, /^gzip: |^tar \(child\): /],
  [/^(?:xz|unxz|xzcat|lzma|tar)$/, /^xz: /],
  [/^(?:bunzip2|bzcat|tar)$/, /^bzip2: /],
  [/^(?:unzstd|zstdcat|zstd|tar)$/, /^zstd: |^\S+ : /],
  [/^jq$/, /^(?:jq: |parse error)/],
  [/^(?:diff|cmp)$/, / differ\b|^Only in |^[<>] /],
  [/^visudo$/, /^>>> |: syntax error|parse error/],
  [/^(?:sudo|su|runuser)$/, /^(?:sudo|su|runuser): /],
  [/^(?:useradd|adduser|addgroup|deluser|groupadd)$/, /^(?:adduser|addgroup|useradd|groupadd|fatal): /],
  [/^(?:crontab)$/, /^(?:".*"|errors? in crontab|bad )/],
  [
    /^(?:ip|ifconfig|route|iptables|nft|sysctl|modprobe|insmod|depmod)$/,
    /^(?:RTNETLINK|Cannot find device|Error: |iptables|modprobe|insmod|sysctl|nft|ERROR)/,
  ],
];

/** Whether a line is a message of one of these programs. */
export const isOf = (line: string, programs: readonly string[]): boolean =>
  programs.some(
    (name) =>
      startsWith(line.trimStart(), name) ||
      OTHERWISE.some(([program, message]) => program.test(name) && message.test(line)),
  );

/** `cp: x`, `/bin/cp: x`, `named[12]: x`; the shell's `FILE: line 3: cp: x` as well. */
function startsWith(line: string, name: string): boolean {
  const at = line.search(/:(?= |$)/);
  if (at < 0) return false;
  const head = line.slice(0, at).replace(/\[\d+\]$/, '');
  if (head === name || head.endsWith(`/${name}`)) return true;
  const [, behind] = /^.{1,200}?: (?:line )?\d+: (?=\S)(.*)$/.exec(line) ?? [];
  return behind !== undefined && (behind.startsWith(`${name}: `) || behind.includes(`/${name}: `));
}
