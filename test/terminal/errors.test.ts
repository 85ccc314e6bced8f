import { describe, expect, test } from '@jest/globals';
import { exitCodeOfError } from '../../src/errno.ts';
import { AwsError, ConflictError, InterruptedError, UsageError } from '../../src/errors.ts';
import { errorDocument, errorReport } from '../../src/terminal/errors.ts';

const PLAIN = { debug: false, colour: false };

describe('an error for people', () => {
  test('says what happened and what to do next', () => {
    const error = new UsageError('there is no role "memcache"', {
      hint: 'did you mean memcached?\nrolecall roles list',
    });
    expect(errorReport(error, PLAIN)).toBe(
      'error: there is no role "memcache"\n  → did you mean memcached?\n    rolecall roles list\n',
    );
  });

  test('keeps the lines of a catalogue fault and the place of its caret', () => {
    const fault = 'roles.yaml:2:3: unknown key\n  colour: red\n  ^';
    expect(errorReport(new UsageError(fault), PLAIN)).toBe(`error: ${fault}\n`);
  });

  test('never shows a stack without --debug', () => {
    const error = new AwsError('refused', { cause: new Error('socket') });
    expect(errorReport(error, PLAIN)).toBe('error: refused\n');
    const debugged = errorReport(error, { debug: true, colour: false });
    expect(debugged).toContain('errors.test.ts');
    expect(debugged).toContain('caused by:\nError: socket');
  });

  test('of a kind that nobody expected is a defect, and says so', () => {
    const report = errorReport(new TypeError('x is undefined'), PLAIN);
    expect(report).toMatch(/^error: internal error: x is undefined\n {2}→ this is a defect in rolecall/);
    expect(report).not.toContain('errors.test.ts');
    expect(errorReport('a string', PLAIN)).toContain('internal error: a string');
    expect(errorReport(new Error(''), PLAIN)).toContain('internal error: Error');
  });

  test('in a narrow window breaks prose at spaces, and leaves whole what people copy', () => {
    const error = new InterruptedError('stopped watching before every machine had its verdict', {
      hint: 'rolecall watch 20261121-222528-81d104 --local --region eu-central-1',
    });
    expect(errorReport(error, { ...PLAIN, columns: 40 })).toBe(
      [
        'interrupted: stopped watching before',
        '  every machine had its verdict',
        '  → rolecall watch 20261121-222528-81d104 --local --region eu-central-1\n',
      ].join('\n'),
    );
  });

  test('a hint below paragraphs stands apart from the last of them', () => {
    const error = new UsageError('2 faults\n\nthe first\n\nthe second', { hint: 'mend them' });
    expect(errorReport(error, PLAIN)).toBe('error: 2 faults\n\nthe first\n\nthe second\n\n  → mend them\n');
  });

  test('passes no escape sequence on', () => {
    expect(errorReport(new UsageError('bad \u001b[2Jname'), PLAIN)).toBe('error: bad name\n');
  });

  test('is coloured only when asked', () => {
    expect(errorReport(new UsageError('x'), { debug: false, colour: true })).toBe(
      '\u001b[31merror:\u001b[39m x\n',
    );
    expect(errorReport(new InterruptedError('2 machines run'), PLAIN)).toBe('interrupted: 2 machines run\n');
  });
});

describe('an error as data', () => {
  test.each([
    [
      new AwsError('no capacity', { code: 'InsufficientInstanceCapacity', hint: 'another zone' }),
      4,
      'InsufficientInstanceCapacity',
      'another zone',
    ],
    [new AwsError('refused'), 4, null, null],
    [new UsageError('wrong'), 2, null, null],
    [new ConflictError('moved'), 6, null, null],
    [new InterruptedError('stopped'), 130, null, null],
  ])('%s', (error, exit, code, hint) => {
    expect(errorDocument(error)).toEqual({ error: { exit, code, message: error.message, hint } });
    expect(exitCodeOfError(error)).toBe(exit);
  });

  test('unexpected', () => {
    expect(errorDocument(new Error('boom'))).toMatchObject({
      error: { exit: 1, code: null, message: 'internal error: boom' },
    });
  });
});
