import { redact, redactKnown } from '../redact.ts';
import type { Verdict } from '../watch/verdict.ts';
import type { LaunchDocument, MachineDocument } from './document.ts';
import type { ReportedEvent } from './events.ts';

type Clean = (text: string) => string;

/** How texts of machines are cleaned. */
export interface Redaction {
  /** Takes commands to the CI system out as well. */
  readonly defuse?: Clean | undefined;
  /** The values of the machines' secrets are known, and were masked before. */
  readonly secretsAreKnown?: boolean;
}

/**
 * The event without secrets in what the box printed: a script that traces itself (`set -x`) prints what it holds, and
 * reports end up in the logs of CI jobs. Applied where events come in, so that no format can forget it.
 */
export function redacted<E extends ReportedEvent>(
  event: E,
  { defuse, secretsAreKnown = false }: Redaction = {},
): E | ReportedEvent {
  const hide = secretsAreKnown ? redactKnown : redact;
  const clean: Clean = defuse === undefined ? hide : (text) => defuse(hide(text));
  switch (event.type) {
    case 'said':
    case 'alive':
      return { ...event, text: clean(event.text) };
    case 'verdict':
      return { ...event, verdict: cleanVerdict(event.verdict, clean) };
    default:
      return event;
  }
}

function cleanVerdict(verdict: Verdict, clean: Clean): Verdict {
  switch (verdict.outcome) {
    case 'succeeded':
      return verdict;
    case 'failed': {
      const excerpt = cleanLines(verdict.failure.excerpt, clean);
      return { ...verdict, failure: { ...changedTexts(verdict.failure, TOLD, clean), excerpt } };
    }
    case 'silent':
    case 'lost':
      // The reason may quote the console's last line.
      return { ...verdict, reason: clean(verdict.reason), excerpt: cleanLines(verdict.excerpt, clean) };
  }
}

/**
 * Returns the document without secrets in what machines printed, for a report that is made from a document. A second
 * redaction changes nothing.
 */
export function redactedDocument(document: LaunchDocument): LaunchDocument {
  return {
    ...document,
    machines: document.machines.map(cleanMachine),
    clusters: document.clusters.map((cluster) => changedTexts(cluster, TOLD, redact)),
  };
}

function cleanMachine(machine: MachineDocument): MachineDocument {
  const { failure } = machine;
  if (failure === undefined) return machine;
  const excerpt = cleanLines(failure.excerpt, redact);
  return { ...machine, failure: { ...changedTexts(failure, TOLD, redact), excerpt } };
}

/** What a machine has told of its trouble; a hint is rolecall's own. */
const TOLD = ['command', 'error', 'reason'] as const;

/** Returns the same with each of these texts changed, where it is there. */
export const changedTexts = <T extends { readonly [Name in N]?: string | null }, N extends string>(
  told: T,
  names: readonly N[],
  change: Clean,
): T => ({
  ...told,
  ...Object.fromEntries(
    names.flatMap((name) => (typeof told[name] === 'string' ? [[name, change(told[name])]] : [])),
  ),
});

/** As one text: a private key is known by its first line. */
const cleanLines = (lines: readonly string[], clean: Clean): string[] =>
  lines.length === 0 ? [] : clean(lines.join('\n')).split('\n');
