/** The host's apt sources for one Debian release, in apt's two formats (sources.list(5)); an absent one has nothing. */
export interface SourceFiles {
  /** One line a source. */
  readonly list?: string;
  /** Deb822 stanzas. */
  readonly sources?: string;
}

/** A file below /etc/apt that names sources. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const suitesOf = (release: string): readonly string[] => [
  release,
  `${release}-updates`,
  `${release}-security`,
];

/**
 * Picks what the host's files say of one release and its updates, component main. Sources of others than Debian stay out:
 * their suites have other names.
 * @param release `bookworm`
 */
export function sourcesOf(files: readonly SourceFile[], release: string): SourceFiles {
  const suites = suitesOf(release);
  const list = files
    .filter(({ path }) => path.endsWith('.list'))
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => isMain(lineOf(line), suites));
  const stanzas = files
    .filter(({ path }) => path.endsWith('.sources'))
    .flatMap(({ text }) => stanzasOf(text))
    .flatMap((fields) => narrowed(fields, suites));
  return {
    ...(list.length > 0 && { list: `${list.join('\n')}\n` }),
    ...(stanzas.length > 0 && { sources: `${stanzas.join('\n\n')}\n` }),
  };
}

/**
 * Picks what the host's files say of a release. Where they don't have it, the same mirrors are asked for it that the host's
 * own release comes from: a mirror of Debian has all of them.
 * @param own the host's release
 */
export function sourcesFor(files: readonly SourceFile[], own: string, release: string): SourceFiles {
  const asked = sourcesOf(files, release);
  if (Object.keys(asked).length > 0) return asked;
  const { list, sources } = sourcesOf(files, own);
  const renamed = (text: string) => text.replace(new RegExp(`(?<=\\s)${own}(?=[-\\s])`, 'g'), release);
  return {
    ...(list !== undefined && { list: renamed(list) }),
    ...(sources !== undefined && { sources: sources.replace(/^Suites:.*$/gm, renamed) }),
  };
}

interface Source {
  readonly suite: string;
  readonly components: readonly string[];
}

/** `deb [OPTIONS] URI SUITE COMPONENT...`. */
function lineOf(line: string): Source | undefined {
  const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?\S+\s+(\S+)\s+([^#]+)/.exec(line);
  return match === null ? undefined : { suite: match[1] ?? '', components: words(match[2]) };
}

const isMain = (source: Source | undefined, suites: readonly string[]): boolean =>
  source !== undefined && suites.includes(source.suite) && source.components.includes('main');

const words = (text: string | undefined): readonly string[] =>
  (text ?? '').trim().split(/\s+/).filter(Boolean);

/** The fields of a stanza by their names in lower case; each as it stands, with its further lines. */
type Fields = ReadonlyMap<string, string>;

function stanzasOf(text: string): readonly Fields[] {
  const uncommented = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return uncommented.split(/\n\s*\n/).map((stanza) => {
    const fields = stanza.split(/\n(?![ \t])/).filter((field) => field.includes(':'));
    return new Map(fields.map((field) => [field.slice(0, field.indexOf(':')).trim().toLowerCase(), field]));
  });
}

const fieldOf = (fields: Fields, name: string): readonly string[] =>
  words(fields.get(name)?.slice((fields.get(name) ?? '').indexOf(':') + 1));

/** The stanza with binary packages of these suites only; nothing where it has none. */
function narrowed(fields: Fields, suites: readonly string[]): readonly string[] {
  const wanted = fieldOf(fields, 'suites').filter((suite) => suites.includes(suite));
  const off = fieldOf(fields, 'enabled')[0]?.toLowerCase() === 'no';
  const isDeb = fieldOf(fields, 'types').includes('deb');
  if (off || !isDeb || wanted.length === 0 || !fieldOf(fields, 'components').includes('main')) return [];
  const kept = [...fields].filter(([name]) => !['types', 'suites'].includes(name)).map(([, field]) => field);
  return [['Types: deb', `Suites: ${wanted.join(' ')}`, ...kept].join('\n')];
}
