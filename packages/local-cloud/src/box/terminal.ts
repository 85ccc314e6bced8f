/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

const RUN = `name=$1 rows=$2 columns=$3; shift 3
printf -v words ' %q' "$@"
SHELL=/bin/bash script --quiet --return --echo always --command \\
  "tty >/run/$name; stty rows $rows columns $columns; exec$words" /dev/null
status=$?; rm -f "/run/$name"; exit "$status"`;

/**
 * The command that runs `argv` in a box on a terminal of the box's own, by util-linux's `script`: what is typed comes by stdin, what
 * the terminal shows goes to stdout. Ends with the exit code of `argv`; 128 and the signal's number when a signal ended it.
 * @param name of a file below /run of the box, which holds the terminal's path meanwhile
 */
export const onTerminal = (
  name: string,
  { rows, columns }: TerminalSize,
  argv: readonly string[],
): readonly string[] => ['bash', '--norc', '-c', RUN, 'bash', name, String(rows), String(columns), ...argv];

/** The command that gives the terminal of `onTerminal` another size; its programs are told so by SIGWINCH. */
export const resize = (name: string, { rows, columns }: TerminalSize): readonly string[] => [
  ...['bash', '--norc', '-c', 'exec stty -F "$(</run/$1)" rows "$2" columns "$3"', 'bash'],
  ...[name, String(rows), String(columns)],
];
