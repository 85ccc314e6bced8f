/** Lines that sum up or follow from an error which stands before them. */

const SUMMARIES: readonly RegExp[] = [
  // make and other builders
  /^make(?:\[\d+\])?: (?:\*\*\* .*(?:Error \d+|\bTerminated|\bKilled|Deleting file|Waiting for unfinished)|.*\(ignored\)|Target .* not remade|(?:Leaving|Entering) directory)/,
  /^(?:gmake|ninja|g?make): (?:build stopped|\*\*\* .* Error \d+)/,
  /^(?:collect2|clang|gcc|cc|g\+\+)(?:-\d+)?: (?:fatal )?error: (?:ld returned|linker command failed|no input files$)/,
  /^(?:error: )?could not compile .* due to|^error: aborting due to|^warning: build failed|^error: build failed|^For more information about this error/,
  /^Some errors have detailed explanations|^(?:Execution failed for task|> (?:Compilation failed; see|Process '|There were failing tests))|^-- Configuring incomplete|^See also "|^BUILD FAILED|^FAILURE: Build failed|^BUILD FAILURE|^\[ERROR\] (?:Failed to execute goal|->|To see the full|Re-run Maven|For more information|After correcting|\s*mvn |\[Help|$)|^\[INFO\] /,
  /^compilation terminated|^\d+ errors? (?:generated|found)|^Found \d+ errors?|^\d+ (?:errors?|warnings?)\b/,
  /^FAIL\s|^FAIL$|^ok\s+\S+\s|^={3,}.*\b(?:failed|passed|error).*={3,}$|^FAILED \((?:failures|errors)=|^Ran \d+ tests?/,
  /^> Task .* FAILED$|^Test Suites: |^Tests: +\d|^Snapshots: |^\*\*\* extconf|^Could not create Makefile due|^libraries and\/or headers|^extconf failed|^Gem files will remain|^Results logged to/,
  // packages
  /^dpkg: error processing (?:package|archive) |^ (?:installed|new|old|subprocess|dependency problems|package is in a very bad)\b.*|^Errors were encountered while processing:/,
  /^E: (?:Sub-process |Unable to correct problems|Some index files failed|Unable to fetch some archives|Some files failed to download|The package .* needs to be reinstalled)/,
  /^Some index files failed to download/,
  /^(?:error|ERROR): (?:subprocess-exited-with-error|metadata-generation-failed|Failed building wheel|failed-wheel-build-for-install|Could not build wheels|legacy-install-failure)/,
  /^[×╰]|^\s+[│╰×] ?(?:exit code|See above)|^\s*\[end of output\]|See above for (?:output|details)|^\s*(?:error|note): This (?:error|is an issue)/,
  /^npm (?:ERR!|error) (?:code|errno|syscall|path|dest|file|command|Exit status|Failed at|This is probably|There is likely|Tell the author|A complete log|Lifecycle|workspace|location|\S+@\S+ \w+: )|^npm (?:ERR!|error)\s{4,}/,
  /^(?:error Command failed|info Visit https)|^(?: ?ELIFECYCLE|\[?ELIFECYCLE)/,
  /^(?:RPM build errors|Transaction failed|Transaction test error|Error: (?:Transaction test error|Transaction failed|Nothing to do|Rpm transaction))|^Failed:$|^\(try to add .--/,
  // archives, checksums, streams: what ends the input of a pipe
  /^tar(?: \(child\))?: (?:Exiting with failure|Error is not recoverable|Child returned status|Error exit delayed|Child died)/,
  /computed checksums? did NOT match|listed files? could not be read|lines? (?:is|are) improperly formatted/,
  /^Execution of .* aborted due to|^Error: (?:Could not create the Java Virtual Machine|A fatal exception has occurred)|^BEGIN failed--|^Compilation failed in require|^(?:gpg: )?(?:verify signatures failed|the signature could not be verified|decrypt_message failed)|^gpg: decryption failed: No data/,
  /(?:write error|stdout|standard output|write failed)[^:]*: Broken pipe|^curl: \(23\) |^cat: write error|Broken pipe$/,
  // services
  /^\S+\.service: (?:Failed with result|Main process exited|Control process exited|Scheduled restart|Start request repeated|Unit entered failed)|^\s*(?:Active: failed|Main PID: |Process: |CPU: |Loaded: |Tasks: |Docs: )|^[●×] \S+\.service/,
  /^See "?systemctl status|^See 'systemctl|journalctl -xe/,
  /^nginx: configuration file .* test failed|^Action '.*' failed|^The Apache error log may have|^AH00014|Configuration check failed|^\[ALERT\].*(?:Error\(s\) found|Fatal errors found)|^\s*\.\.\.fail!?$|^\s*\.\.\. ?failed!?$/,
  /\[System\]|\[ERROR\] \[MY-010119\]|\] Aborting$|Shutdown complete|^.* LOG: {2}|database system is shut down|could not start server$|^Examine the log output/,
  // other tools
  /^error: failed to push some refs|^fatal: (?:Could not read from remote repository|the remote end hung up|early EOF|index-pack failed|unpack-objects failed|clone of .* failed|protocol error)/,
  /^(?:and the repository exists|Please make sure you have the correct access rights)/,
  /^PLAY RECAP|^\S+\s+: ok=\d+|^NO MORE HOSTS LEFT|\.\.\.ignoring$|^\s*to retry, use: --limit/,
  /^(?:exit status|exited with(?: status| code)?|Process exited with(?: status| code)?|command failed with exit(?: code| status)?|Command exited with non-zero status|exit code:?) ?\d+\.?$/i,
  /^subprocess\.CalledProcessError: |^(?:Error: )?Command failed: |^(?:child_process|execSync)|returned non-zero exit status|^Command '.*' failed|\bexited with (?:non-zero )?(?:status|code|exit code) \d+\.?$|\breturned (?:status|exit code|exit status|error code) \(?\d+\)?\.?$/,
  /^sudo: error initializing audit plugin|^gpg: .*(?:sign\+)?encryption failed:/,
  /^rsync: (?:connection unexpectedly closed|\[\w+\] write error)|^rsync error: |^lost connection$|^Connection closed\.?$|^xargs: .*exited with status|^parallel: /,
  /\[ ?fail(?:ed)? ?\]\s*$|^invoke-rc\.d: initscript .* failed/i,
  // What a shell says of a process that has given up: it said why itself.
  /^(?:\S+: line \d+: +\d+ |)Aborted(?: \(core dumped\))?(?: .*|)$/,
  /^run-parts: .* exited with return code/,
  /^(?:script|process) (?:failed|exited|aborted)\.?$/i,
  /^\S+\/?start-up\.sh was ended by SIG|^bootstrapper\.sh was ended by SIG/,
];

/** What a tool at the end of a pipe says of an input that ended early, because the tool before it failed. */
const STARVED: readonly RegExp[] = [
  /^(?:gzip|bzip2|zcat|unzip): (?:stdin|\(stdin\)): ?(?:unexpected end of file|not in gzip format|invalid)/,
  /^xz: \(stdin\): (?:File format not recognized|Unexpected end of input)|^zstd: .*stdin.*(?:unexpected end|unknown header)|^\/?\*?stdin\*?\\? ?: unexpected end/,
  /^tar: (?:This does not look like a tar archive|Unexpected EOF in archive|A lone zero block)/,
  /^gpg: (?:no valid OpenPGP data found|Total number processed: 0|decrypt_message failed: Unexpected|packet\(\d+\))/,
  /^(?:jq: )?parse error: (?:Invalid numeric literal at line 1, column \d|Unfinished)/,
  /^bzip2: (?:Compressed file ends|\(stdin\))|^\s*perhaps it is corrupted|^\s*Input file = \(stdin\)/,
];

/** A try that another one followed. */
const RETRIES =
  /\b(?:retrying|trying again|will retry|attempt(?:s)? (?:#|no\.? ?)?\d+|try (?:#|no\.? ?)?\d+|\d+ (?:tries|attempts|retries) (?:left|remaining)|not ready yet)\b|^\W*(?:still )?waiting (?:for|until)\b/i;

export const isSummary = (line: string): boolean => SUMMARIES.some((form) => form.test(line));

export const isStarved = (line: string): boolean => STARVED.some((form) => form.test(line));

export const isRetry = (line: string): boolean => RETRIES.test(line);
