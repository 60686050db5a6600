import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { logsPrincipal, viaService } from '../../lib/service-hosts.ts';

const stackIn = (region?: string): Stack => new Stack(new App(), 'Stack', { env: { region } });

const ofRegion = (...suffix: unknown[]) => ({
  'Fn::Join': ['', [expect.anything(), { Ref: 'AWS::Region' }, ...suffix]],
});

describe('the values of kms:ViaService', () => {
  it('have the suffix of China also where the region is not known', () => {
    const stack = stackIn();
    const values = stack.resolve(viaService(stack, stack.region, ['s3']));
    expect(values).toEqual([ofRegion('.amazonaws.com'), ofRegion('.amazonaws.com.cn')]);
  });

  it('have one suffix for a key with a token for its region, in a stack outside China', () => {
    const token = stackIn().region;
    expect(viaService(stackIn('eu-west-1'), token, ['s3'])).toEqual([`s3.${token}.amazonaws.com`]);
    expect(viaService(stackIn('cn-north-1'), token, ['s3'])).toHaveLength(2);
  });
});

describe('the principal of CloudWatch Logs', () => {
  it("ends as the region's endpoints do", () => {
    expect(logsPrincipal(stackIn('eu-west-1'))).toBe('logs.eu-west-1.amazonaws.com');
    expect(logsPrincipal(stackIn('cn-north-1'))).toBe('logs.cn-north-1.amazonaws.com.cn');
    const anywhere = stackIn();
    expect(anywhere.resolve(logsPrincipal(anywhere))).toEqual(
      ofRegion('.', { Ref: 'AWS::URLSuffix' }),
    );
  });
});
