import { describe, expect, it } from 'vitest';
import { parse, problems, problemsOf, selfManaged } from '../settings-fixture.ts';

const vpcId = 'vpc-0123456789abcdef0';
const subnetIds = ['subnet-11111111', 'subnet-22222222'];
const securityGroupIds = ['sg-33333333'];
const routeTableIds = ['rtb-44444444'];

describe('the network', () => {
  it('gets nothing, and nothing is known of it, if nothing is said', () => {
    expect(parse().network).toMatchObject({ adds: [], has: [] });
  });

  it('has what is named', () => {
    expect(parse({ networkHas: 'brokers, s3, services' }).network).toMatchObject({
      adds: [],
      has: ['brokers', 's3', 'services'],
    });
  });

  it('gets each part with what is needed to add it', () => {
    const given = { networkAdds: 'brokers, s3, services', vpcId, subnetIds, routeTableIds };
    expect(parse({ ...given, securityGroupIds: 'sg-33333333' }).network).toEqual({
      ...{ vpcId, subnetIds, securityGroupIds, routeTableIds },
      ...{ adds: ['brokers', 's3', 'services'], has: [] },
    });
    expect(problemsOf({ networkAdds: 'brokers', securityGroupIds })).toEqual([]);
    expect(problemsOf({ networkAdds: 's3', vpcId, routeTableIds })).toEqual([]);
    expect(problemsOf({ networkAdds: 'services', vpcId, subnetIds, securityGroupIds })).toEqual([]);
  });

  it.each<[object, string[]]>([
    [
      { networkAdds: 'brokers' },
      ["securityGroupIds must be set with 'brokers' in networkAdds, got nothing"],
    ],
    [
      { networkAdds: 's3' },
      [
        "vpcId must be set with 's3' in networkAdds, got nothing",
        "routeTableIds must be set with 's3' in networkAdds, got nothing",
      ],
    ],
    [
      { networkAdds: 'services', vpcId },
      [
        "subnetIds must be set with 'services' in networkAdds, got nothing",
        "securityGroupIds must be set with 'services' in networkAdds, got nothing",
      ],
    ],
    [
      { networkAdds: 'brokers', networkHas: 'brokers', securityGroupIds },
      ["networkHas must not have what networkAdds adds, got 'brokers'"],
    ],
    [
      { networkAdds: 'services', vpcId, subnetIds, securityGroupIds, provisionedPollers: {} },
      [
        'networkAdds must not have \'services\' with provisionedPollers (in provisioned mode Lambda needs none of these endpoints), got ["services"]',
      ],
    ],
    [{ vpcId }, [`vpcId must be set with 's3' or 'services' in networkAdds only, got '${vpcId}'`]],
    [
      { routeTableIds: 'rtb-44444444', networkAdds: 'brokers', securityGroupIds },
      [`routeTableIds must be set with 's3' in networkAdds only, got ["rtb-44444444"]`],
    ],
    [
      { networkAdds: 'nat' },
      ["networkAdds[0] must be one of 'brokers', 's3', 'services', got 'nat'"],
    ],
    [{ networkHas: 's3, s3' }, ["networkHas[1] must not repeat a part, got 's3' again"]],
    [
      { networkAdds: 'brokers', securityGroupIds: 'brokers' },
      ["securityGroupIds[0] must be the id of a security group, sg-…, got 'brokers'"],
    ],
  ])('is refused as %j', (settings, expected) => {
    expect(problemsOf({ ...settings })).toEqual(expected);
  });

  it('of a self-managed cluster is one with subnets and security groups', () => {
    expect(problems({ ...selfManaged, subnetIds, securityGroupIds, networkHas: 's3' })).toEqual([]);
    expect(problems({ ...selfManaged, subnetIds })).toEqual([
      'securityGroupIds must be set with subnetIds and bootstrapServers, got nothing',
    ]);
    expect(problems({ ...selfManaged, securityGroupIds })).toEqual([
      'subnetIds must be set with securityGroupIds and bootstrapServers, got nothing',
    ]);
    expect(problems({ ...selfManaged, networkHas: 's3' })).toEqual([
      'networkHas must not be set (without subnetIds, bootstrapServers are reached over the internet), got ["s3"]',
    ]);
  });
});
