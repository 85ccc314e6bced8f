// Reads Jest's JSON result and prints the closing line "N passed, N failed"; ends non-zero when nothing ran,
// anything failed, or anything was skipped: a lane without tests is a failure, and so is a skipped one.
import { readFileSync } from 'node:fs';

const result = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
const skipped = result.numPendingTests + result.numTodoTests;
if (skipped > 0) console.log(`${skipped} skipped: no test may be skipped`);
if (result.numPassedTests === 0) console.log('no test ran: that is a failure');
console.log(`${result.numPassedTests} passed, ${failed} failed`);
process.exitCode = failed > 0 || skipped > 0 || result.numPassedTests === 0 ? 1 : 0;
