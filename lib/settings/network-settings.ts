/**
 * Settings of the network that the pollers are in, and the function of the audit with them. The other functions are in no
 * VPC.
 *
 * @module
 */
import { choice, nameList, quoted, text } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

/**
 * What the network of the pollers must have: `brokers`, they can connect to the brokers; `s3`, a route to
 * S3 for failed batches; `services`, a route to Lambda, STS and, with a secret, Secrets Manager. The audit needs
 * `brokers`, `s3` and, of the services, Secrets Manager with a secret.
 */
const networkParts = ['brokers', 's3', 'services'] as const;

/** One of {@link networkParts}. */
export type NetworkPart = (typeof networkParts)[number];

const idList = (prefix: string, noun: string, max: number) =>
  nameList({
    of: text(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `be the id of a ${noun}, ${prefix}-…`),
    noun,
    max,
  }).optional();

const partList = () => nameList({ of: choice(networkParts), noun: 'part', max: 3 }).optional();

/** The network of the pollers. */
export const networkSettings = {
  subnetIds: idList('subnet', 'subnet', 16).meta({
    description:
      'Subnets, at most 16, from which the pollers reach `bootstrapServers` inside a VPC. For an MSK cluster, whose pollers use its own subnets, these are the subnets of the audit, and of the endpoints that `networkAdds` adds.',
    unset: '`bootstrapServers` are reached over the internet',
  }),
  securityGroupIds: idList('sg', 'security group', 5).meta({
    description:
      'Security groups of the pollers, at most 5. For `bootstrapServers`, Lambda puts the pollers into them. For an MSK cluster, they are the groups of the cluster, which `networkAdds` applies to and which the audit joins.',
    unset: '`bootstrapServers` are reached over the internet',
  }),
  vpcId: text(/^vpc-[0-9a-f]{8,17}$/, 'be the id of a VPC, vpc-…')
    .optional()
    .meta({
      description: 'VPC to which `networkAdds` adds endpoints.',
      unset: 'no endpoints can be added',
    }),
  routeTableIds: idList('rtb', 'route table', 50).meta({
    description:
      'Route tables of the subnets, at most 50, for the S3 endpoint that `networkAdds` adds.',
    unset: 'no S3 endpoint can be added',
  }),
  networkAdds: partList().meta({
    description:
      "What the stack adds to the VPC of the pollers: 'brokers', a rule that lets the members of `securityGroupIds` connect to each other on the port of the brokers; 's3', a gateway endpoint for S3, which is free; 'services', interface endpoints for Lambda, STS and, with a secret, Secrets Manager, which on-demand mode needs in a VPC without NAT; in provisioned mode, Secrets Manager alone, for an audit with a secret.",
    unset: 'the stack adds nothing',
  }),
  networkHas: partList().meta({
    description:
      "What the VPC of the pollers already has, by the same names, so that the synth does not warn about it. NAT counts as 'services'. For 's3', AWS requires an endpoint.",
    unset: 'the synth warns about each part that is not in `networkAdds`',
  }),
};

/** The network of the pollers, and what the stack adds to it. */
export interface NetworkSettings {
  readonly vpcId?: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly routeTableIds: readonly string[];
  /** What the stack adds. */
  readonly adds: readonly NetworkPart[];
  /** What the VPC already has. */
  readonly has: readonly NetworkPart[];
}

/** What the rules of the network look at besides its own settings. */
interface Given extends SettingsOf<typeof networkSettings> {
  readonly audit: boolean;
  readonly bootstrapServers?: string[];
  readonly provisionedPollers?: unknown;
  readonly rootCaSecretArn?: string;
  readonly secretArn?: string;
}

type Report = SettingReport<Given>;

/** The settings that each part needs in order to be added. */
const needs: Readonly<Record<NetworkPart, readonly (keyof typeof networkSettings)[]>> = {
  brokers: ['securityGroupIds'],
  s3: ['vpcId', 'routeTableIds'],
  services: ['vpcId', 'subnetIds', 'securityGroupIds'],
};

/** What the interfaces of pollers and of the audit need. */
const ofInterfaces = ['subnetIds', 'securityGroupIds'] as const;

/** Reports network settings that do not go together. */
export function checkNetwork(report: Report): void {
  if (!report.isSound('networkAdds', 'networkHas')) return;
  const { audit, bootstrapServers, networkAdds = [], provisionedPollers } = report.given;
  const { rootCaSecretArn, secretArn } = report.given;
  if (bootstrapServers !== undefined) checkSelfManaged(report);
  checkParts(report, networkAdds);
  if (
    networkAdds.includes('services') &&
    provisionedPollers !== undefined &&
    !(audit && (secretArn ?? rootCaSecretArn) !== undefined)
  ) {
    report.refuse('networkAdds', "not have 'services' with provisionedPollers", {
      reason:
        'in provisioned mode, Lambda needs none of these endpoints, and the audit needs Secrets Manager only with a secret',
    });
  }
  checkUse(report, networkAdds);
}

/** Self-managed brokers need both subnets and security groups, or are reached over the internet. */
function checkSelfManaged(report: Report): void {
  const { given } = report;
  for (const [name, other] of [
    ['securityGroupIds', 'subnetIds'],
    ['subnetIds', 'securityGroupIds'],
  ] as const) {
    if (given[name] !== undefined || given[other] === undefined) continue;
    report.refuse(name, `be set with ${other} and bootstrapServers`);
  }
  if (given.subnetIds !== undefined) return;
  for (const name of ['networkAdds', 'networkHas'] as const) {
    if (given[name] === undefined) continue;
    const reason = 'without subnetIds, bootstrapServers are reached over the internet';
    report.refuse(name, 'not be set', { reason });
  }
}

/** A part that is added does not exist yet, and everything that it needs is set. */
function checkParts(report: Report, adds: readonly NetworkPart[]): void {
  for (const part of adds) {
    if (report.given.networkHas?.includes(part)) {
      report.refuse('networkHas', 'not have what networkAdds adds', { got: part });
    }
    for (const name of needs[part].filter((each) => report.given[each] === undefined)) {
      report.refuse(name, `be set with '${part}' in networkAdds`);
    }
  }
}

/** Every setting that is set has an effect. */
function checkUse(report: Report, adds: readonly NetworkPart[]): void {
  const { audit, bootstrapServers } = report.given;
  const used: readonly string[] = [
    ...adds.flatMap((part) => needs[part]),
    ...(bootstrapServers !== undefined || audit ? ofInterfaces : []),
  ];
  for (const name of ['vpcId', 'subnetIds', 'securityGroupIds', 'routeTableIds'] as const) {
    if (report.given[name] === undefined || used.includes(name)) continue;
    const parts = networkParts.filter((part) => needs[part].includes(name));
    const orAudit = ofInterfaces.some((each) => each === name) ? ', or with audit' : '';
    report.refuse(name, `be set only with ${quoted(parts, ' or ')} in networkAdds${orAudit}`);
  }
}

/** The network of settings that were checked. */
export function toNetwork(given: Given): NetworkSettings {
  const { vpcId, subnetIds = [], securityGroupIds = [], routeTableIds = [] } = given;
  const { networkAdds: adds = [], networkHas: has = [] } = given;
  return { vpcId, subnetIds, securityGroupIds, routeTableIds, adds, has };
}
