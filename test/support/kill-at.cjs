// Loaded with `node --require`: kills this process just before its KILL_AT-th change below the folder KILL_BELOW.
const fs = require('node:fs/promises');

const at = Number(process.env.KILL_AT);
const below = process.env.KILL_BELOW ?? '/nowhere';
let count = 0;

const step = () => {
  count += 1;
  if (count === at) process.kill(process.pid, 'SIGKILL');
};

/** Handles of files below the folder count each of their calls, too. */
const counted = (handle) => {
  for (const name of ['writeFile', 'truncate', 'sync', 'close']) {
    const call = handle[name].bind(handle);
    handle[name] = (...args) => {
      step();
      return call(...args);
    };
  }
  return handle;
};

for (const name of ['mkdir', 'mkdtemp', 'writeFile', 'rename', 'rm', 'chmod', 'chown', 'symlink', 'open']) {
  const call = fs[name];
  fs[name] = async (path, ...args) => {
    if (!String(path).startsWith(below)) return await call(path, ...args);
    step();
    const result = await call(path, ...args);
    return name === 'open' ? counted(result) : result;
  };
}
