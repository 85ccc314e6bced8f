// Loaded into the process that scripts/walk.mjs measures. Notes every call of a function of src/cli and src/actions up to the
// RunInstances request, writes the notes and V8's coverage to the file WALK_NOTES, and ends the process.
import { writeFileSync } from 'node:fs';
import { ClientRequest } from 'node:http';
import { Session } from 'node:inspector';
import { register } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const root = process.cwd();
const MEASURED = /\/src\/(?:cli|actions)\/.*\.ts$/;

const pathOf = (url) => (url?.startsWith('file:') ? relative(root, fileURLToPath(url)) : '');
const roomOf = (path) => (/^(?:src|packages)\/([\w-]+)/.exec(path) ?? [])[1];

if (isMainThread && process.env.WALK_NOTES !== undefined) {
  const notes = process.env.WALK_NOTES;
  // What this process starts is not measured.
  delete process.env.WALK_NOTES;
  register(import.meta.url);
  measure(notes);
}

function measure(notes) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const files = new Set();
  const climbs = new Map();

  globalThis.walkEnters = (path, name) => {
    files.add(path);
    if (roomOf(path) !== 'cli') return;
    const caller = callers().find((frame) => roomOf(frame) !== undefined);
    if (caller === undefined || ['cli', 'bin'].includes(roomOf(caller))) return;
    const climb = `${caller} -> ${path} ${name}`;
    climbs.set(climb, (climbs.get(climb) ?? 0) + 1);
  };

  const { end } = ClientRequest.prototype;
  ClientRequest.prototype.end = function (...args) {
    if (/\bAction=RunInstances\b(?!.*\bDryRun=true\b)/s.test(String(args[0])))
      session.post('Profiler.takePreciseCoverage', (error, taken) => {
        if (error) throw error;
        writeFileSync(
          notes,
          JSON.stringify({ files: [...files], covered: covered(taken), climbs: [...climbs] }),
        );
        process.kill(process.pid, 'SIGKILL');
      });
    return end.apply(this, args);
  };
}

/** The files of the calls that are under way, the innermost first, without the function that has just been entered. */
function callers() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  Error.prepareStackTrace = (_error, frames) => frames;
  const frames = new Error().stack;
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  // A frame that awaits is no caller: the stack holds what runs now first.
  const running = frames.filter((frame) => !frame.isAsync()).map((frame) => pathOf(frame.getFileName()));
  return running.slice(3);
}

/** The measured files of which V8 has seen a function run; evaluating a module is none. */
const covered = ({ result }) =>
  result
    .filter(
      ({ url, functions }) =>
        MEASURED.test(url) &&
        functions.some(
          ({ functionName, ranges: [range] }) =>
            range.count > 0 && range.startOffset > 0 && functionName !== '<static_initializer>',
        ),
    )
    .map(({ url }) => pathOf(url));

/** Node's hook for loading a module: each function of a measured file first says that it was entered. */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!MEASURED.test(url)) return loaded;
  const { parse } = await import('@swc/core');
  // The first token tells where swc begins to count.
  const text = `;${loaded.source}`;
  const module = await parse(text, { syntax: 'ecmascript', target: 'es2022' });
  const bytes = Buffer.from(text);
  const inserts = [];
  collect(module, '', JSON.stringify(pathOf(url)), (at, code) =>
    inserts.push({ at: at - module.span.start, code }),
  );
  let source = '';
  let from = 0;
  for (const { at, code } of inserts.sort((a, b) => a.at - b.at)) {
    source += bytes.toString('utf8', from, at) + code;
    from = at;
  }
  return { ...loaded, source: source + bytes.toString('utf8', from) };
}

/** Finds the functions below a node, and what to insert where. */
function collect(node, outer, path, insert) {
  if (typeof node !== 'object' || node === null) return;
  const name = node.identifier?.value ?? node.key?.value ?? node.id?.value ?? outer;
  const call = `globalThis.walkEnters(${path}, ${JSON.stringify(name)})`;
  if (node.type === 'FunctionBody') insert(node.span.start + 1, `${call};`);
  if (node.type === 'ArrowFunctionExpression' && !/^(?:FunctionBody|BlockStatement)$/.test(node.body.type)) {
    insert(node.body.span.start, `(${call}, `);
    insert(node.body.span.end, ')');
  }
  for (const child of Object.values(node)) collect(child, name, path, insert);
}
