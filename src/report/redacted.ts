import type { LaunchEvent } from '../launch/events.ts';
import { redact } from '../secrets.ts';
import type { WatchEvent } from '../watch/events.ts';
import type { Verdict } from '../watch/verdict.ts';

/**
 * The event without secrets in what the box printed: a script that traces itself (`set -x`) prints what it holds, and
 * reports end up in the logs of CI jobs. Applied where events come in, so that no format can forget it.
 */
export function redacted<E extends LaunchEvent | WatchEvent>(event: E): E | WatchEvent {
  switch (event.type) {
    case 'said':
      return { ...event, text: redact(event.text) };
    case 'verdict':
      return { ...event, verdict: redactedVerdict(event.verdict) };
    default:
      return event;
  }
}

function redactedVerdict(verdict: Verdict): Verdict {
  switch (verdict.outcome) {
    case 'succeeded':
      return verdict;
    case 'failed': {
      const { firstError, excerpt } = verdict.failure;
      const failure = { ...verdict.failure, excerpt: redactedLines(excerpt) };
      return {
        ...verdict,
        failure: firstError === undefined ? failure : { ...failure, firstError: redact(firstError) },
      };
    }
    case 'silent':
    case 'lost':
      return { ...verdict, excerpt: redactedLines(verdict.excerpt) };
  }
}

/** As one text: a private key is known by its first line. */
const redactedLines = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : redact(lines.join('\n')).split('\n');
