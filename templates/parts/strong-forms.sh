# Strong forms of error messages, one a line, for `grep -aE` under LC_ALL=C. scripts/strong-forms.mjs makes this file from
# src/watch/reason/forms.ts: change them there.
# shellcheck disable=SC2034 # for the reader of logs
STRONG_FORMS='^[^ :]([^:]{0,200}[^ :])?: line [0-9]+: 
^[A-Za-z0-9_./+-]+: [0-9]+: [^ ]
^[A-Za-z0-9_./+-]*(bash|sh|dash|env): .*(not found|No such file or directory|Permission denied)$
(^|[ :|>)}"])([Ee]rror|ERROR|[Ff]atal|FATAL|[Pp]anic|PANIC|CRITICAL|SEVERE|Fatal [Ee]rror|fatal error|[Ii]nternal [Ee]rror|[Ss]yntax [Ee]rror|[Pp]arse [Ee]rror|[Pp]arser error)( \[[A-Za-z0-9_-]+]|\[[A-Za-z0-9_-]+]| \([A-Za-z0-9_ -]+\)| [A-Z]{1,8}[0-9]+| )?[:!]
^(.{0,60}[^A-Za-z0-9_./=-])?(ERROR|FATAL|CRITICAL|SEVERE|PANIC)([^A-Za-z0-9_./=-]|$)
(^|[ :|])\[?(emerg|emergency|alert|crit|critical|error|err|fatal|ERR|[a-z_0-9]+:(emerg|alert|crit|error))]( |:|$)
level.?[=:] ?.?(error|fatal|panic|critical)
(^|: |> )Error (response from|while|in|at|opening|reading|loading|parsing|creating|connecting|executing|getting) 
^An error occurred \([A-Za-z0-9.]+\)
(^|: )(syntax|parse|parser|configuration|internal|runtime|fatal|protocol|network|memory|compile|compilation|link|linker|config|validation) error
: +error +(TS|CS|MSB|C|LNK|E)[0-9]+
^E: 
^Err:[0-9]+ 
^The following packages have unmet dependencies:
^dpkg(-deb|-source|-divert|-statoverride)?: (error|dependency problems|unrecoverable|requested operation|conffile)
^(No match for argument|Unable to find a match|No package .+ available|Cannot find a valid baseurl|Problem: )
^npm (ERR!|error) 
^(yarn|pnpm)? *ERR_[A-Z_]+
^Could not (find|open|resolve|connect|load|read|fetch) 
^Couldn.t (find|open|resolve|connect|load|read|fetch) 
^curl: \([0-9]+\) 
( |^)ERROR [0-9]{3}: 
(failed|Failed): (Connection|No route|Network|Name|Temporary|Host|Operation|Permission|Unable)
^ssh: |^scp: |^sftp: |^rsync(:| error:)|^Host key verification failed|Permission denied \([a-z,-]+\)
^remote: (error|fatal|HTTP|Repository|Invalid|Permission)
^;; (connection timed out|communications error|no servers could be reached)
(NXDOMAIN|SERVFAIL)
^\*\* server can.t find 
^(Ncat|ncat|nc|telnet|ping|socat|nslookup|host): 
(certificate verify failed|certificate has expired|self.signed certificate|SSL_ERROR|handshake failure|unable to get local issuer)
^Failed to (start|stop|restart|reload|enable|disable|mask|unmask|get|connect|list|execute|set|open|create|mount|load|activate|isolate|kill|issue) 
^Job for .+ (failed|canceled)
^Unit .+ (not found|could not be found|is masked|not loaded|does not exist)
^[A-Za-z0-9_.@-]+: unrecognized service
^System has not been booted with systemd
(bind\(\)|bind|listen) .*(failed|in use)
^Invalid command .*, perhaps misspelled
Syntax error on line [0-9]+ of
Bad configuration option
^ERROR [0-9]+ \(
^\(error\) 
^Could not connect to 
(FATAL CONFIG FILE ERROR|Bad directive or wrong number of arguments)
ORA-[0-9]{5}: 
: FAILED( open or read)?$
^[0-9A-F]+:error:[0-9A-F]+:
^(bad decrypt|bad magic number|unable to load|Unable to load|error in enc|Verification failure)
^gpg: .*(BAD signature|failed|error|[Nn]o (public|secret) key|no valid OpenPGP data|can.t )
(not in gzip format|unexpected end of file|unexpected EOF|invalid compressed data|does not look like a tar archive|File format not recognized|End-of-central-directory)
(checksum|CRC|crc|digest|hash|signature) (mismatch|does not match|did not match|error|verification failed)
: parser error : |: Schemas validity error|fails to validate
^[^ :]+:[0-9]+(:[0-9]+)?: (fatal |internal compiler )?error
^[^ :]+\.go:[0-9]+:[0-9]+: 
undefined (reference to|symbol)
^make(\[[0-9]+])?: \*\*\* (No |missing|multiple|.*(missing separator|commands commence))
^[A-Za-z]*[Mm]akefile:[0-9]+: \*\*\* 
^CMake Error
^\* What went wrong:
^(fatal|failed): \[.+]: (FAILED|UNREACHABLE)!
^(Error|ERROR)! 
^\[(ALERT|EMERG|CRIT)] 
^(Uncaught |Unhandled |fatal: )?([A-Za-z_][A-Za-z0-9_]*[.:$]+)*[A-Z][A-Za-z0-9_]*(Error|Exception|Failure|Interrupt|Warning as error)( \[[A-Z_0-9]+])?(:|$)
^Exception in thread 
^(Caused|caused) by: 
^panic: |^fatal error: |^thread .+ panicked at 
^PHP (Fatal|Parse) error: |^Fatal error: |^Parse error: 
 at [^ ]+ line [0-9]+(, <.+> (line|chunk) [0-9]+)?\.$
^[^ ]+:[0-9]+:in .+: 
^Error in .+ : 
^(\*\* )?\([A-Z][A-Za-z.]+Error\) 
JavaScript heap out of memory|java\.lang\.OutOfMemoryError
(^| )(Killed|Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception|Trace/breakpoint trap)( \(core dumped\))?( |$)
Out of memory: Kill
oom-kill
^[A-Za-z0-9_./+-]+(\[[0-9]+])?: +((cannot|can.t|could not|couldn.t|unable to|failed to|failure|fail|failed|not |no )|(invalid|unknown|unrecognized|unrecognised|unsupported|illegal|missing|bad|wrong|ambiguous|extra|unexpected|unterminated)|(option|argument|operand|user|group|syntax|permission|connect|error|fatal|unmatched|premature|corrupt|cowardly))
: (.+ )?(No such (file or directory|device( or address)?|process)|[Pp]ermission denied|Operation not (permitted|supported)|Connection (refused|timed out|reset by peer|closed by .+)|No space left on device|File exists|(Not|Is) a directory|Device or resource busy|Read-only file system|Text file busy|Invalid (argument|cross-device link)|Cannot (allocate memory|assign requested address)|Too many (open files|levels of symbolic links)|Address already in use|Name or service not known|Temporary failure in name resolution|No address associated with hostname|No route to host|(Network|Host) is unreachable|Exec format error|Input/output error|Argument list too long|File (too large|name too long)|Directory not empty|Bad (file descriptor|address|message)|Disk quota exceeded|Function not implemented|Inappropriate ioctl for device|Protocol not (supported|available)|Stale file handle|Structure needs cleaning|Value too large for defined data type|Numerical result out of range|bad interpreter: .+|(command )?not found|unbound variable|parameter (null or )?not set|(readonly|read-only) variable|is read only|cannot execute.*|cannot overwrite existing file)( \([^)]*\))?\.?$
^[A-Za-z0-9_.+-]+: .*(No such (file or directory|device( or address)?|process)|[Pp]ermission denied|Operation not (permitted|supported)|Connection (refused|timed out|reset by peer|closed by .+)|No space left on device|File exists|(Not|Is) a directory|Device or resource busy|Read-only file system|Text file busy|Invalid (argument|cross-device link)|Cannot (allocate memory|assign requested address)|Too many (open files|levels of symbolic links)|Address already in use|Name or service not known|Temporary failure in name resolution|No address associated with hostname|No route to host|(Network|Host) is unreachable|Exec format error|Input/output error|Argument list too long|File (too large|name too long)|Directory not empty|Bad (file descriptor|address|message)|Disk quota exceeded|Function not implemented|Inappropriate ioctl for device|Protocol not (supported|available)|Stale file handle|Structure needs cleaning|Value too large for defined data type|Numerical result out of range|bad interpreter: .+|(command )?not found|unbound variable|parameter (null or )?not set|(readonly|read-only) variable|is read only|cannot execute.*|cannot overwrite existing file)
^(mount|umount|mkfs[.a-z0-9]*|mke2fs|fsck[.a-z0-9]*|e2fsck|swapon|losetup|resize2fs|useradd|usermod|userdel|groupadd|adduser|chpasswd|passwd|visudo|sudo|su): .*(not|no |exist|bad|wrong|already|denied|error|fail|invalid|must|unable)
^(The file|Device|Volume group|Logical volume|Physical volume|Cannot|Can.t) .*(not found|does not exist|already|open|failed)
^>>> .+ (syntax error|error)
^[a-z]+: (-e expression #[0-9]+|-?[a-z.]+: ?[a-z]*:?[0-9]+|file .+ line [0-9]+|cmd. line:[0-9]+:|line [0-9]+:|[0-9]+:)
^  (Device|Volume group|Failed to|Cannot|Couldn.t|Logical [Vv]olume|No (device|command|physical)|Insufficient|Physical volume) '
