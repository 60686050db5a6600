/**
 * Settings of the network that the pollers are in. The functions are in none.
 *
 * @module
 */
import { choice, nameList, show, text } from './setting-forms.ts';
import { areSound, type Context, type Given, type Refinement, report } from './setting-report.ts';

/**
 * What the network of the pollers has to have: `brokers`, they may talk to the brokers; `s3`, a way to S3
 * for failed batches; `services`, a way to Lambda, STS and, with a secret, Secrets Manager.
 */
export const networkParts = ['brokers', 's3', 'services'] as const;

/** One of {@link networkParts}. */
export type NetworkPart = (typeof networkParts)[number];

const idList = (prefix: string, noun: string, max: number) =>
  nameList({
    of: text(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `be the id of a ${noun}, ${prefix}-…`),
    noun,
    max,
  }).optional();

const partList = () => nameList({ of: choice(networkParts), noun: 'part', max: 3 }).optional();

/** The schema of each. */
export const networkSettings = {
  subnetIds: idList('subnet', 'subnet', 16).describe(
    'Subnets in which the pollers reach bootstrapServers inside a VPC; of an MSK cluster, which has its own, those for the endpoints that networkAdds adds',
  ),
  securityGroupIds: idList('sg', 'security group', 5).describe(
    'Security groups of the pollers: for bootstrapServers those that they get, of an MSK cluster its own, which networkAdds is about',
  ),
  vpcId: text(/^vpc-[0-9a-f]{8,17}$/, 'be the id of a VPC, vpc-…')
    .optional()
    .describe('The VPC that networkAdds adds endpoints to'),
  routeTableIds: idList('rtb', 'route table', 50).describe(
    'Route tables of the subnets, for the endpoint of S3 that networkAdds adds',
  ),
  networkAdds: partList().describe(
    "What the stack adds to the VPC of the pollers: 'brokers', a rule that lets securityGroupIds talk to themselves at the port of the brokers; 's3', a gateway endpoint of S3, which costs nothing; 'services', interface endpoints of Lambda, STS and, with a secret, Secrets Manager, which on-demand mode needs where there is no NAT. Nothing if not set",
  ),
  networkHas: partList().describe(
    'What of it, by the same names, the VPC has already (for s3 and services, NAT will do), so that the synth does not warn of it',
  ),
};

/** What each part that is added needs to be known. */
const needs: Readonly<Record<NetworkPart, readonly (keyof typeof networkSettings)[]>> = {
  brokers: ['securityGroupIds'],
  s3: ['vpcId', 'routeTableIds'],
  services: ['vpcId', 'subnetIds', 'securityGroupIds'],
};

/** Reports what of them does not go together. */
export function checkNetwork(context: Context, given: Given, refinement: Refinement): void {
  if (!areSound(refinement, 'networkAdds', 'networkHas')) return;
  const check: NetworkCheck = {
    ...{ given, refinement },
    isSet: (name) => context[name] !== undefined,
    adds: given.networkAdds ?? [],
    isSelfManaged: context.bootstrapServers !== undefined,
  };
  if (check.isSelfManaged) checkPlace(check);
  checkParts(check);
  if (check.adds.includes('services') && context.provisionedPollers !== undefined) {
    const reason = 'in provisioned mode Lambda needs none of these endpoints';
    const got = `got ${show(check.adds)}`;
    const message = `must not have 'services' with provisionedPollers (${reason}), ${got}`;
    report(refinement, 'networkAdds', message);
  }
  checkUse(check);
}

interface NetworkCheck {
  readonly given: Given;
  readonly refinement: Refinement;
  readonly isSet: (name: keyof typeof networkSettings) => boolean;
  readonly adds: readonly NetworkPart[];
  readonly isSelfManaged: boolean;
}

/** Self-managed brokers are in a VPC by subnets and security groups, or are reached over the internet. */
function checkPlace({ given, refinement, isSet }: NetworkCheck): void {
  for (const [name, other] of [
    ['securityGroupIds', 'subnetIds'],
    ['subnetIds', 'securityGroupIds'],
  ] as const) {
    if (isSet(name) || !isSet(other)) continue;
    report(refinement, name, `must be set with ${other} and bootstrapServers, got nothing`);
  }
  if (isSet('subnetIds')) return;
  for (const name of ['networkAdds', 'networkHas'] as const) {
    if (!isSet(name)) continue;
    const reason = 'without subnetIds, bootstrapServers are reached over the internet';
    report(refinement, name, `must not be set (${reason}), got ${show(given[name])}`);
  }
}

/** What is added is not there yet, and all is known that adding it takes. */
function checkParts({ given, refinement, isSet, adds }: NetworkCheck): void {
  for (const part of adds) {
    if (given.networkHas?.includes(part)) {
      report(refinement, 'networkHas', `must not have what networkAdds adds, got ${show(part)}`);
    }
    for (const name of needs[part].filter((each) => !isSet(each))) {
      report(refinement, name, `must be set with '${part}' in networkAdds, got nothing`);
    }
  }
}

/** What is set is of use. */
function checkUse({ given, refinement, isSet, adds, isSelfManaged }: NetworkCheck): void {
  const used: readonly string[] = [
    ...adds.flatMap((part) => needs[part]),
    ...(isSelfManaged ? ['subnetIds', 'securityGroupIds'] : []),
  ];
  for (const name of ['vpcId', 'subnetIds', 'securityGroupIds', 'routeTableIds'] as const) {
    if (!isSet(name) || used.includes(name)) continue;
    const parts = networkParts.filter((part) => needs[part].includes(name));
    const allowed = `be set with ${parts.map(show).join(' or ')} in networkAdds only`;
    report(refinement, name, `must ${allowed}, got ${show(given[name])}`);
  }
}
