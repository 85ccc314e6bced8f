// Makes docs/launch.svg from a real run: records a terminal (tmux) while `launch` works on the local cloud, and draws
// its screens as an SVG that plays them in their own time. usage: npm run picture
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const COLUMNS = 100;
const ROWS = 9;
const COMMAND = 'launch --role memcached --env prod --context b --count 3 --local';
const SAMPLE_MS = 60;
const REST_MS = 6_000;

const tmux = (...args) =>
  execFileSync('tmux', ['-L', `picture-${process.pid}`, ...args], { encoding: 'utf8' });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What only a first launch waits for (the image, files that the system has not read yet) is no part of the picture. */
function warmUp() {
  const [, ...args] = COMMAND.split(' ');
  execFileSync(process.execPath, [`${root}dist/launch.cjs`, ...args], { cwd: root, stdio: 'ignore' });
}

async function record() {
  const bin = `${root}node_modules/.cache/picture`;
  execFileSync('mkdir', ['-p', bin]);
  execFileSync('ln', ['-sf', `${root}dist/launch.cjs`, `${bin}/launch`]);
  const env = `env -u CI PATH=${bin}:$PATH PS1='$ '`;
  tmux(
    '-f',
    '/dev/null',
    'new-session',
    '-d',
    '-x',
    String(COLUMNS),
    '-y',
    String(ROWS),
    '-c',
    root,
    `${env} bash --norc --noprofile`,
  );
  try {
    tmux('set', '-g', 'status', 'off');
    await sleep(400);
    tmux('send-keys', COMMAND);
    const frames = [];
    const sample = () => {
      const screen = tmux('capture-pane', '-e', '-p');
      const at = Date.now();
      if (frames.at(-1)?.screen !== screen) frames.push({ screen, at });
    };
    await sleep(300);
    sample();
    await sleep(900);
    tmux('send-keys', 'Enter');
    const deadline = Date.now() + 60_000;
    while (!/succeeded[^\n]*\(launch/.test(frames.at(-1)?.screen ?? '') && Date.now() < deadline) {
      sample();
      await sleep(SAMPLE_MS);
    }
    if (Date.now() >= deadline) throw new Error(`the launch did not succeed:\n${frames.at(-1)?.screen}`);
    // The shell's next prompt.
    await sleep(1000);
    sample();
    return frames;
  } finally {
    tmux('kill-server');
  }
}

const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#76e3ea' };
const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const ESCAPE = String.fromCharCode(27);
const SGR = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);

/** What one SGR code makes of the style so far. */
function styled(style, code) {
  if (code === 0 || code === 22) return {};
  if (code === 1) return { ...style, weight: ' font-weight="bold"' };
  if (code === 2) return { ...style, fill: ' fill="#8b949e"' };
  return { ...style, fill: COLOURS[code] ? ` fill="${COLOURS[code]}"` : '' };
}

/** One screen line with SGR colours as SVG text. */
function drawLine(line, row) {
  let style = {};
  let column = 0;
  const spans = [];
  for (const part of line.split(SGR)) {
    if (part.startsWith(ESCAPE)) {
      style = part.slice(2, -1).split(';').map(Number).reduce(styled, style);
      continue;
    }
    const x = (column * 8.4 + 16).toFixed(1);
    const { fill = '', weight = '' } = style;
    const text = part.trimEnd();
    // Whatever font there is, a character takes its column.
    const length = ([...text].length * 8.4).toFixed(1);
    if (text.trim() !== '')
      spans.push(`<tspan x="${x}" textLength="${length}"${fill}${weight}>${escapeXml(text)}</tspan>`);
    column += [...part].length;
  }
  return spans.length === 0 ? '' : `<text y="${56 + row * 20}">${spans.join('')}</text>`;
}

function draw(frames) {
  const total = frames.at(-1).at - frames[0].at + REST_MS;
  const height = 56 + ROWS * 20;
  const width = Math.ceil(COLUMNS * 8.4 + 32);
  const percent = (ms) => ((ms / total) * 100).toFixed(3);
  const styles = [];
  const groups = frames.map(({ screen, at }, index) => {
    const from = at - frames[0].at;
    const to = index + 1 < frames.length ? frames[index + 1].at - frames[0].at : total;
    const last = index + 1 === frames.length;
    // Where animations are not played, the last screen is what stands there.
    styles.push(
      `@keyframes f${index}{0%{visibility:hidden}${percent(from)}%{visibility:visible}${last ? '100%{visibility:visible}' : `${percent(to)}%{visibility:hidden}`}}`,
      `.f${index}{visibility:${last ? 'visible' : 'hidden'};animation:f${index} ${total}ms step-end infinite}`,
    );
    return `<g class="f${index}">${screen.split('\n').map(drawLine).join('')}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${COMMAND}: three machines boot and succeed">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e6edf3;white-space:pre}${styles.join('')}</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#161b22" stroke="#30363d"/>
<circle cx="20" cy="20" r="5" fill="#ff5f56"/><circle cx="38" cy="20" r="5" fill="#ffbd2e"/><circle cx="56" cy="20" r="5" fill="#27c93f"/>
${groups.join('\n')}
</svg>
`;
}

warmUp();
const frames = await record();
writeFileSync(`${root}docs/launch.svg`, draw(frames));
console.log(`docs/launch.svg: ${frames.length} screens`);
