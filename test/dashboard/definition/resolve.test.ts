import { expect, it } from 'vitest';
import { resolve } from '../../../dashboard/definition/resolve.ts';

it('puts names of this machine in place of what CloudFormation does', () => {
  const parts = ['{"a":"', { Ref: 'Queue' }, '/', { 'Fn::GetAtt': ['Function', 'Arn'] }, '"}'];
  expect(resolve({ Body: { 'Fn::Join': ['', parts] }, List: [{ Ref: 'AWS::Region' }, 1] })).toEqual(
    {
      Body: '{"a":"Queue/Function"}',
      List: ['AWS::Region', 1],
    },
  );
});

it('leaves alone what only looks like it', () => {
  expect(resolve({ Ref: 'a', Other: null })).toEqual({ Ref: 'a', Other: null });
});

it('refuses what it does not know', () => {
  expect(() => resolve([{ 'Fn::Sub': 'a' }])).toThrow("unknown function 'Fn::Sub' in the template");
});
