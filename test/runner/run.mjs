// Runs a test file for Jest in Node itself, so that a worker loads each module once: docs/adr/0016-test-runner.md.
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { jestExpect } from '@jest/expect';
import { getState, resetState, run, setState } from 'jest-circus';
import { formatExecError, formatResultsErrors } from 'jest-message-util';

register('./hooks.mjs', import.meta.url);

/** Gives an error that nobody caught to the test that runs, or else to the file. @returns the errors of that */
function uncaught(error) {
  const { currentlyRunningTest, unhandledErrors } = getState();
  const errors = currentlyRunningTest?.errors ?? unhandledErrors;
  errors.push(error);
  return errors;
}

/** Collects the errors that nobody catches while `work` runs; a rejection may be handled late. */
async function guarded(work) {
  const rejections = new Map();
  const listeners = {
    uncaughtException: uncaught,
    unhandledRejection: (error, promise) => rejections.set(promise, { error, errors: uncaught(error) }),
    rejectionHandled: (promise) => {
      const { error, errors } = rejections.get(promise) ?? { errors: [] };
      errors.splice(errors.indexOf(error), 1);
    },
  };
  // A worker's own listeners would end it.
  const others = Object.keys(listeners).map((name) => [name, process.rawListeners(name)]);
  for (const [name, listener] of Object.entries(listeners))
    process.removeAllListeners(name).on(name, listener);
  try {
    return await work();
  } finally {
    for (const [name, before] of others) {
      process.removeAllListeners(name);
      for (const listener of before) process.on(name, listener);
    }
  }
}

/** Runs `work` with a copy of the environment, which no other file sees. */
async function withOwnEnvironment(work) {
  const { env } = process;
  process.env = { ...env };
  try {
    return await work();
  } finally {
    process.env = env;
  }
}

/** Lines of a stack that tell of this file, and nothing of the test. */
const OWN_LINES = /\n.*\/test\/runner\/run\.mjs:.*/g;

/** A result of jest-circus in the form of Jest's reporters. */
function caseResult({ testPath: [, ...names], status, errors, errorsDetailed, ...others }) {
  const failed = errors.length > 0 ? 'failed' : 'passed';
  for (const error of errorsDetailed)
    for (let at = error; at instanceof Error; at = at.cause) at.stack = at.stack?.replaceAll(OWN_LINES, '');
  return {
    ...others,
    ancestorTitles: names.slice(0, -1),
    title: names.at(-1),
    fullName: names.join(' '),
    status: { skip: 'pending', todo: 'todo' }[status] ?? failed,
    failureMessages: errors,
    failureDetails: errorsDetailed,
  };
}

/** Jest calls this for each test file, and adds what it measures. */
export default async function runFile(globalConfig, config, _environment, _runtime, testFilePath) {
  // Node maps stacks to the lines of the TypeScript, unless Jest does it its own way.
  process.setSourceMapsEnabled(true);
  Error.prepareStackTrace = undefined;
  resetState();
  const { testNamePattern, testTimeout, maxConcurrency, expand, watch, watchAll } = globalConfig;
  // A watching Jest may run files in its own process again and again: hooks.mjs loads their modules anew.
  const query = watch || watchAll ? `?${Date.now()}` : '';
  setState({
    ...getState(),
    testNamePattern: testNamePattern ? new RegExp(testNamePattern, 'i') : null,
    ...(testTimeout && { testTimeout }),
    maxConcurrency,
  });
  jestExpect.setState({ testPath: testFilePath, expand });

  const { testResults, unhandledErrors, unhandledErrorsDetailed } = await withOwnEnvironment(() =>
    guarded(async () => {
      await import(`${pathToFileURL(testFilePath)}${query}`);
      return await run();
    }),
  );
  const results = testResults.map(caseResult);
  const count = (status) => results.filter((result) => result.status === status).length;
  const messages = [
    formatResultsErrors(results, config, globalConfig, testFilePath),
    ...unhandledErrorsDetailed.map((error) => formatExecError(error, config, globalConfig, testFilePath)),
  ].filter((message) => message !== null);
  return {
    testFilePath,
    testResults: results,
    numPassingTests: count('passed'),
    numFailingTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    failureMessage: messages.length > 0 ? messages.join('\n') : null,
    ...(unhandledErrors.length > 0 && { testExecError: { message: '', stack: unhandledErrors.join('\n') } }),
    leaks: false,
    openHandles: [],
    perfStats: {},
    snapshot: { added: 0, matched: 0, unchecked: 0, uncheckedKeys: [], unmatched: 0, updated: 0 },
  };
}
