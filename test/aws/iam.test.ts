import { describe, expect, test } from '@jest/globals';
import { type Authorization, decide, type Policy, type Statement } from '../support/iam.ts';

const policy = (...statements: readonly Partial<Statement>[]): Policy => ({
  Version: '2012-10-17',
  Statement: statements.map((more, index) => ({
    Sid: `S${index}`,
    Effect: 'Allow',
    Action: '*',
    Resource: '*',
    ...more,
  })),
});
const asked = (more: Partial<Authorization> = {}): Authorization => ({
  action: 'ec2:CreateTags',
  resource: 'arn:aws:ec2:eu-west-1:123456789012:instance/i-1',
  context: {},
  ...more,
});
const on = (Condition: Statement['Condition'], context: Authorization['context'] = {}): string =>
  decide([policy({ ...(Condition && { Condition }) })], asked({ context })).decision;

describe('the evaluator', () => {
  test('allows nothing by itself; a Deny wins in whatever policy', () => {
    expect(decide([], asked())).toEqual({ decision: 'not allowed' });
    expect(decide([policy({ Action: 's3:*' })], asked())).toEqual({ decision: 'not allowed' });
    expect(decide([policy({})], asked())).toEqual({ decision: 'allowed', by: 'S0' });
    const denying = policy({ Effect: 'Deny', Sid: 'No', Action: ['ec2:Create*'] });
    expect(decide([policy({}), denying], asked())).toEqual({ decision: 'denied', by: 'No' });
  });

  test.each<[string, boolean]>([
    ['ec2:createtags', true],
    ['ec2:CreateTag', false],
    ['ec2:Create????', true],
    ['ec2:Create.ags', false],
  ])('takes the action %s: %s', (Action, matches) => {
    expect(decide([policy({ Action })], asked()).decision === 'allowed').toBe(matches);
  });

  test.each<[string, boolean]>([
    ['arn:aws:ec2:eu-west-1:123456789012:instance/*', true],
    ['arn:aws:ec2:eu-west-1:123456789012:Instance/*', false],
    ['arn:aws:ec2:*:123456789012:instance/i-?', true],
    ['arn:aws:ec2:*:instance/i-1', false],
    ['arn:aws:ec2:eu-west-1:123456789012:volume/*', false],
  ])('takes the resource %s: %s', (Resource, matches) => {
    expect(decide([policy({ Resource })], asked()).decision === 'allowed').toBe(matches);
  });

  test('a key that the request lacks fails all but negations, IfExists, ForAllValues and Null', () => {
    expect(on({ StringEquals: { 'aws:x': 'a' } })).toBe('not allowed');
    expect(on({ StringLike: { 'aws:x': '*' } })).toBe('not allowed');
    expect(on({ 'ForAnyValue:StringEquals': { 'aws:x': 'a' } })).toBe('not allowed');
    expect(on({ StringNotEquals: { 'aws:x': 'a' } })).toBe('allowed');
    expect(on({ StringEqualsIfExists: { 'aws:x': 'a' } })).toBe('allowed');
    expect(on({ 'ForAllValues:StringEquals': { 'aws:x': 'a' } })).toBe('allowed');
    expect(on({ Null: { 'aws:x': 'true' } })).toBe('allowed');
    expect(on({ Null: { 'aws:x': 'false' } })).toBe('not allowed');
  });

  test('several values need a set operator; all operators and keys must hold, one value of each', () => {
    const keys = { 'aws:TagKeys': ['a', 'b'] };
    expect(() => on({ StringEquals: { 'aws:TagKeys': 'a' } }, keys)).toThrow('several values');
    expect(on({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b', 'c'] } }, keys)).toBe('allowed');
    expect(on({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, keys)).toBe('not allowed');
    expect(on({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, keys)).toBe('allowed');
    const two = { 'aws:x': '1', 'aws:y': '2' };
    expect(on({ StringEquals: { 'aws:x': ['0', '1'], 'aws:y': '2' } }, two)).toBe('allowed');
    expect(on({ StringEquals: { 'aws:x': '1' }, StringNotEquals: { 'aws:y': '2' } }, two)).toBe(
      'not allowed',
    );
  });

  test('names of keys have any case, names of tags in them have one', () => {
    const context = { 'aws:ResourceTag/Owner': 'me' };
    expect(on({ StringEquals: { 'AWS:resourcetag/Owner': 'me' } }, context)).toBe('allowed');
    expect(on({ StringEquals: { 'aws:ResourceTag/owner': 'me' } }, context)).toBe('not allowed');
  });

  test('what it doesn’t know is no policy for it', () => {
    expect(() => on({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:SourceIp': '10.0.0.1' })).toThrow(
      'knows no IpAddress',
    );
    const odd = policy({ NotAction: 's3:*' } as Partial<Statement>);
    expect(() => decide([odd], asked())).toThrow('knows no NotAction');
  });
});
