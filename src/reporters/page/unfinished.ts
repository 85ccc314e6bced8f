import type { LaunchMeta } from '../../results/document.ts';
import { fleetName } from './head.ts';
import { html } from './html.ts';

/** The page of a launch that is still to end, which the launch's own report replaces. */
export function unfinishedPage(launch: LaunchMeta): string {
  const title = `${fleetName(launch)}: launch ${launch.id} did not end`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body>
<h1>${title}</h1>
<p>rolecall was stopped, refused the launch, or is still at work on it; see its output.
<p>What is known of it now: <code>rolecall report ${launch.id}</code>
</body>
</html>
`.text;
}
