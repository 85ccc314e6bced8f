/** Words of errors in free sentences, and what they mean there. */

const WORDS =
  /(?:^|[\s"'([])(?:errors?|fatal|fail(?:s|ed|ure)?|cannot|can't|can’t|couldn't|could not|unable|not found|not set|not exist|not available|not supported|not allowed|not running|not enough|not mounted|not installed|not a|no such|no space|denied|refused|rejected|forbidden|unauthorized|invalid|missing|unbound|undefined|unknown|unrecognized|unexpected|unsupported|unreachable|panic(?:ked)?|exception|timed? ?out|killed|must|required|requires|expected|mismatch|corrupt(?:ed)?|broken|bad|wrong|illegal|exceeded|expired|conflict|already exists|already in use|out of|too (?:many|few|small|large|big|old|new|long|short|low|high)|insufficient|abort(?:ed|ing)?|giving up|nothing)(?=$|[\s"':;,.!?)\]])/i;

/** Counts of none, and nouns that only name errors: `0 errors`, `errors: 0`, `error log`, `failed=0`. */
const NONE =
  /\b(?:0|no|zero|without(?: any)?) (?:errors?|failures?|failed|problems?|warnings?)\b|\b(?:errors?|failures?|failed|unreachable|invalid|missing)\b[:=]? ?\(?0\b|\b(?:errors?|failures?|failed|invalid) (?:logs?|pages?|files?|handl(?:er|ing)|report(?:s|ing)?|rates?|budgets?|messages?|codes?|policy|policies|limits?|logins?|tolerance|count|counter|documents?|tracking|mails?)\b|\b(?:on|upon|in case of|log|logs|logging|ignore|ignoring|report(?:s|ing)?|handle[sd]?|retry on|write|writing|restart on|if) (?:any )?(?:errors?|failures?)\b|\b(?:if|when|unless|in case|whether|before|until) .*$/gi;

/** File names, options, settings and versions: a word in them is a name. */
const NAMES = /(?:^|(?<=\s))[^\s"']*(?:[/=@\\]|--|[\w)]\.[A-Za-z]|\w[-_:]\w)[^\s"']*/g;

/** A state that is wrong, in a statement: `port 8080 is taken`, `the licence does not cover this host`. */
const STATES =
  /\b(?:is|are|was|were|has|have|had|does|do|did|be|been)(?: not\b|n't\b|n’t\b)|\bno longer\b|\b(?:is|are|was|were|has|have|seems?|looks?)(?: \w+){0,2} (?:taken|busy|down|gone|full|empty|absent|lost|closed|locked|dead|offline|unavailable|unhealthy|stale|incompatible|inaccessible|run out|outdated|disabled|needed|over|too \w+)\b/i;

/** Whether a sentence speaks of an error. */
export function speaksOfError(line: string): boolean {
  if (goesOn(line)) return false;
  const bare = line
    .replace(NAMES, ' ')
    .replace(NONE, ' ')
    .replace(/[:]+(?=\s|$)/g, ' : ');
  return WORDS.test(bare) || STATES.test(bare);
}

/** What a script says after a failure: that something failed, not why. */
const CONSEQUENCE =
  /\b(?:fail(?:s|ed|ure|ing)?|could ?n[o']t|could not|cannot|can't|unable to|giv(?:ing|en|e) up|gave up|abort(?:s|ed|ing)?|bail(?:ing|ed)?|error (?:while|during|when|in|at)|errors? (?:occurred|encountered|happened)|problems?|went wrong|unsuccessful|did(?: not|n't) (?:work|succeed|complete|finish|start|come|become|get|answer|respond)|exit(?:ing|ed)?|quit(?:ting)?|stopp(?:ing|ed)|terminat(?:ing|ed)|roll(?:ing|ed) back|crash(?:ed)?|died|broke|sorry|see above|not ready|unhealthy|after \d+ (?:tries|attempts|retries|seconds))\b/i;

export const isConsequence = (line: string): boolean => CONSEQUENCE.test(line);

/** What a script does, not what happened to it: it has gone on. */
const GOES_ON =
  /^\W*(?:(?!Expect|Conflict|Exceed|Fail|Clean|Roll|Exit|Abort|Stopp|Remov|Restor|Giv|Bail|Quit|Terminat|Undo|Noth|Miss|Warn|Unmount|Shutt)[A-Z][a-z]+ing\b|(?!expect|conflict|exceed|fail|clean|roll|exit|abort|stopp|remov|restor|giv|bail|quit|terminat|undo|noth|miss|warn|dur|us|str|accord|unmount|shutt)[a-z]+ing\b|(?:step|stage|phase|task|==>|-->|\* |>>>?|---?|===+|\[\d+\/\d+\]|\d+\/\d+)\s|(?:ok|done|ready|success|finished|completed|started|installed|created|enabled|configured|updated|loaded|connected)\b)/i;

/** Words by which even a line about work tells that the work went wrong. */
const WENT_WRONG =
  /\b(?:fail(?:s|ed|ure)?|errors?(?=[:!]| \S+:| (?:parsing|loading|reading|opening|creating|connecting|starting|running|while|in|at)\b)|cannot|can't|could not|couldn't|unable|denied|refused|timed out|aborted|not found|no such)\b/i;

export const goesOn = (line: string): boolean =>
  GOES_ON.test(line) && !WENT_WRONG.test(line.replace(NAMES, ' ').replace(NONE, ' '));

/** Errors that scripts often expect: of removing what may be absent, making what may be there, asking what may not be. */
const OFTEN_EXPECTED =
  /^(?:rm|rmdir|unlink|userdel|groupdel|deluser|delgroup|umount|swapoff|losetup|kill|pkill|killall|id|getent|grep|egrep|ls|stat|cat|head|tail|mkdir|ln|useradd|groupadd|adduser|addgroup|modprobe|rmmod|vgs|lvs|pvs|which|dpkg-query|dpkg|test|crontab|docker|podman|ip|RTNETLINK|iptables|systemctl|service|mountpoint|blkid|findmnt|lsblk|readlink|hash|type|diff|cmp|nc|ping|host|getfacl|npm|apt-mark|Failed to (?:stop|disable|reset|kill)|Error(?: response from daemon)?(?=: No such)|error: pathspec|fatal: not a git|no crontab|no server running)\b.*(?:[Nn]o such|not found|does not exist|doesn.t exist|already exists|File exists|not loaded|not mounted|no process|unknown user|not running|no crontab|not a git|not installed|No packages|not known|[Nn]o matching|not a mountpoint|not in|Invalid argument|refused|no server|differ)/;

export const isOftenExpected = (line: string): boolean => OFTEN_EXPECTED.test(line.trim());
