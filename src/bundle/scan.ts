import type { Entry } from '../archive/entries.ts';
import { SecretSearch, type Suspect, suspectName } from '../archive/suspects.ts';
import { ROOT } from './members.ts';

/** Looks for secrets in the files of a bundle as they are packed. rolecall's own texts are passed on unseen. */
export class BundleScan {
  /** Paths below `start-up-bundle/`. */
  readonly suspects: Suspect[] = [];
  readonly #own: readonly string[];

  /** @param own secrets of the command's own credentials */
  constructor(own: readonly string[]) {
    this.#own = own;
  }

  async *pass(entries: AsyncIterable<Entry>): AsyncGenerator<Entry, void> {
    for await (const entry of entries)
      yield entry.kind === 'file' && entry.source !== undefined
        ? { ...entry, content: this.#look(entry.path.slice(ROOT.length + 1), entry.source, entry.content) }
        : entry;
  }

  async *#look(path: string, source: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    const search = new SecretSearch(this.#own);
    for await (const chunk of content) {
      search.feed(chunk);
      yield chunk;
    }
    // A file that the role renames keeps the name that tells what it is.
    const named = suspectName(path) ?? suspectName(source);
    const why = search.foundOwn ? search.found : (named ?? search.found);
    if (why !== undefined) this.suspects.push({ path, why, ...(search.foundOwn && { own: true as const }) });
  }
}
