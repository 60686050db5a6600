import { Duration, Size, SizeRoundingBehavior, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { KafkaArchiveProps, MskCluster, SchemaRegistryProps } from './kafka-archive-props.ts';
import type { SchemaRegistrySettings } from './settings/registry-settings.ts';
import { parseSettings, type StackSettings } from './settings/settings.ts';
import { deployedClusterArn, parseClusterArn } from './source/cluster-arn.ts';

type Unit = 'seconds' | 'minutes' | 'days';

/** For each prop of type `Duration`, the setting that holds it as a number, and the unit of that number. */
const durations = {
  batchWindow: ['batchWindow', 'seconds'],
  maxRecordAge: ['maxRecordAge', 'seconds'],
  bufferTime: ['bufferSeconds', 'seconds'],
  archiveExpiration: ['archiveExpirationDays', 'days'],
  noncurrentVersionRetention: ['noncurrentVersionDays', 'days'],
  objectLock: ['objectLockDays', 'days'],
  accessLogRetention: ['accessLogDays', 'days'],
  timeout: ['timeoutSeconds', 'seconds'],
  replayDelay: ['replayDelaySeconds', 'seconds'],
  replayRetryDelay: ['replayRetrySeconds', 'seconds'],
  replayTimeout: ['replayTimeoutSeconds', 'seconds'],
  replayVisibility: ['replayVisibilitySeconds', 'seconds'],
  replayedRetention: ['replayedRetentionDays', 'days'],
  dataAgeTarget: ['dataAgeTargetSeconds', 'seconds'],
  expectedTraffic: ['expectedTrafficMinutes', 'minutes'],
  auditEvery: ['auditEvery', 'minutes'],
  auditFullListing: ['auditFullListingDays', 'days'],
} as const satisfies Partial<Record<keyof KafkaArchiveProps, readonly [keyof StackSettings, Unit]>>;

/** For each prop of type `Size`, the setting that holds it as a number, and the unit of that number. */
const sizes = {
  memory: ['memoryMiB', 'MiB'],
  bufferSize: ['bufferSizeMiB', 'MiB'],
  queryScanLimit: ['queryScanLimitGiB', 'GiB'],
} as const satisfies Partial<
  Record<keyof KafkaArchiveProps, readonly [keyof StackSettings, 'MiB' | 'GiB']>
>;

/** For each setting that identifies a resource, the prop that holds the resource itself. */
const resourceProps = {
  stackName: 'name',
  clusterArn: 'cluster',
  secretArn: 'secret',
  secretKeyArns: 'secretKeys',
  rootCaSecretArn: 'rootCaSecret',
  vpcId: 'vpc',
  subnetIds: 'vpcSubnets',
  securityGroupIds: 'securityGroups',
  routeTableIds: 'routeTables',
  alarmTopicArn: 'alarmTopic',
} as const;

/**
 * Checks the props of an archive against the rules of the settings, and fills in the defaults. Values that are
 * known only at deployment remain tokens in the result.
 *
 * @param name the archive's name
 * @throws Error with a line for each problem: the prop's name, the valid values and the given value
 */
export function settingsOf(
  archive: Construct,
  name: string,
  props: KafkaArchiveProps,
): StackSettings {
  const problems = [...ownProblems(archive, name, props)];
  if (problems.length > 0) throw invalid(archive, problems);
  const standIns = new StandIns(regionOf(archive, props));
  try {
    const context = contextOf(name, props, standIns);
    const settings = standIns.restore(parseSettings(context, { now: new Date() }));
    const { source } = settings;
    if (source.kind !== 'msk' || !Token.isUnresolved(source.cluster.arn)) return settings;
    const cluster = deployedClusterArn(archive, source.cluster.arn);
    return { ...settings, source: { ...source, cluster } };
  } catch (error) {
    throw invalid(archive, problemsOf(error, standIns));
  }
}

function invalid(archive: Construct, problems: readonly string[]): Error {
  return new Error([`${archive.node.path}:`, ...problems].join('\n  '));
}

/** The ARN of a cluster, in whichever form the cluster is given. */
function clusterArnOf(cluster: MskCluster | undefined): string | undefined {
  if (cluster === undefined || typeof cluster === 'string') return cluster;
  if ('clusterRef' in cluster) return cluster.clusterRef.clusterArn;
  if ('serverlessClusterRef' in cluster) return cluster.serverlessClusterRef.serverlessClusterArn;
  return cluster.clusterArn;
}

/**
 * Finds the problems that the rules of the settings cannot: those with tokens, and with the stack that contains
 * the archive.
 */
function* ownProblems(
  archive: Construct,
  name: string,
  props: KafkaArchiveProps,
): Generator<string> {
  const { bootstrapServers: servers = [], cluster, networkAdds } = props;
  const arn = clusterArnOf(cluster);
  if (arn === undefined && props.bootstrapServers === undefined) {
    yield 'cluster or bootstrapServers must be set, got neither';
  }
  for (const [name, value] of Object.entries(plainProps(props))) {
    if (Token.isUnresolved(value)) yield `${name} must be known at synth, got a token`;
  }
  for (const name of Object.keys(durations) as (keyof typeof durations)[]) {
    if (props[name]?.isUnresolved()) yield `${name} must be known at synth, got a token`;
  }
  if (props.audit === true && props.consumerGroupId === undefined && Token.isUnresolved(name)) {
    yield 'consumerGroupId must be set with audit if the name of the archive is a token, as that of a nested stack (the function has the groups in a file, which is written at synth), got nothing';
  }
  const areDeployed = isToken(servers);
  if (props.objectPrefix === undefined && (Token.isUnresolved(arn) || areDeployed)) {
    const token = areDeployed ? 'bootstrapServers' : 'the ARN of the cluster';
    yield `objectPrefix must be set if ${token} is a token (the name of the cluster is not known at synth), such as 'orders/', got nothing`;
  }
  if (areDeployed && networkAdds?.includes('brokers')) {
    yield "networkAdds must not contain 'brokers' if bootstrapServers is a token (the ports are not known at synth)";
  }
  const parts = parseClusterArn(arn ?? '');
  if (parts === undefined) return;
  const { account, region } = Stack.of(archive);
  for (const [name, value] of Object.entries({ account, region })) {
    const wanted = parts[name as 'account' | 'region'];
    if (Token.isUnresolved(value) || value === wanted) continue;
    yield `cluster must be in the ${name} of the stack, ${value}, got ${wanted}`;
  }
}

function isToken(servers: readonly string[]): boolean {
  return Token.isUnresolved(servers) || servers.some((server) => Token.isUnresolved(server));
}

/** The props whose values are settings without conversion. */
function plainProps(props: KafkaArchiveProps) {
  const {
    // The settings have other names or forms for these…
    name,
    cluster,
    bootstrapServers,
    secret,
    secretKeys,
    rootCaSecret,
    vpc,
    vpcSubnets,
    securityGroups,
    routeTables,
    auditBootstrapServers,
    schemaRegistry,
    archiveTransitions,
    startingPosition,
    encryptionKey,
    alarmTopic,
    enrich,
    ...others
  } = props;
  // …and numbers for these.
  const quantities = [...Object.keys(durations), ...Object.keys(sizes)];
  return Object.fromEntries(Object.entries(others).filter(([key]) => !quantities.includes(key)));
}

function contextOf(name: string, props: KafkaArchiveProps, standIns: StandIns) {
  const { alarmTopic, auditBootstrapServers, bootstrapServers, encryptionKey } = props;
  const { auditEvery, rootCaSecret, secret } = props;
  const arn = clusterArnOf(props.cluster);
  const context = {
    ...plainProps(props),
    ...quantitiesOf(props),
    stackName: standIns.of(name, 'name'),
    clusterArn: arn && standIns.of(arn, 'cluster'),
    bootstrapServers: bootstrapServers && standIns.list(bootstrapServers, 'server'),
    auditBootstrapServers: auditBootstrapServers && standIns.list(auditBootstrapServers, 'server'),
    // The setting is text with a unit.
    auditEvery: auditEvery && `${numberOf(auditEvery, 'minutes')} minutes`,
    secretArn: secret && standIns.of(secret.secretArn, 'secret'),
    secretKeyArns: secretKeysOf(props)?.map((key) => standIns.of(key, 'key')),
    rootCaSecretArn: rootCaSecret && standIns.of(rootCaSecret.secretArn, 'secret'),
    ...networkContext(props, standIns),
    schemaRegistry: registryContext(props.schemaRegistry, standIns),
    startingPosition:
      props.startingPosition instanceof Date
        ? props.startingPosition.toISOString()
        : props.startingPosition,
    archiveTransitions:
      props.archiveTransitions &&
      Object.fromEntries(
        Object.entries(props.archiveTransitions).map(([to, age]) => [to, age && numberOf(age)]),
      ),
    encryptionKey:
      typeof encryptionKey === 'object' ? standIns.of(encryptionKey.keyArn, 'key') : encryptionKey,
    alarmTopicArn: alarmTopic && standIns.of(alarmTopic.topicArn, 'topic'),
  };
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
}

function quantitiesOf(props: KafkaArchiveProps): Record<string, number | undefined> {
  return Object.fromEntries([
    ...Object.entries(durations).map(([prop, [setting, unit]]) => {
      const duration = props[prop as keyof typeof durations];
      return [setting, duration && numberOf(duration, unit)];
    }),
    ...Object.entries(sizes).map(([prop, [setting, unit]]) => {
      const size = props[prop as keyof typeof sizes];
      // Fractions are kept, so that the settings reject them.
      const options = { rounding: SizeRoundingBehavior.NONE };
      return [setting, unit === 'MiB' ? size?.toMebibytes(options) : size?.toGibibytes(options)];
    }),
  ]);
}

function numberOf(duration: Duration, unit: Unit = 'days'): number {
  // Fractions are kept, so that the settings reject them.
  const conversion = { integral: false };
  return {
    seconds: () => duration.toSeconds(conversion),
    minutes: () => duration.toMinutes(conversion),
    days: () => duration.toDays(conversion),
  }[unit]();
}

function secretKeysOf(props: KafkaArchiveProps): string[] | undefined {
  const { schemaRegistry: registry } = props;
  const secrets = [props.secret, props.rootCaSecret, registry?.secret, registry?.rootCaSecret];
  const keys = props.secretKeys ?? secrets.map((secret) => secret?.encryptionKey);
  const arns = new Set(keys.flatMap((key) => (key === undefined ? [] : [key.keyArn])));
  return props.secretKeys === undefined && arns.size === 0 ? undefined : [...arns];
}

function networkContext(props: KafkaArchiveProps, standIns: StandIns) {
  const { audit = false, networkAdds: adds = [], routeTables, securityGroups } = props;
  const { vpc, vpcSubnets } = props;
  const isSelfManaged = props.bootstrapServers !== undefined;
  const hasEndpoints = adds.includes('services');
  const hasInterfaces = isSelfManaged || hasEndpoints || audit;
  const wantsSubnets = vpcSubnets !== undefined || (vpc !== undefined && hasInterfaces);
  // Given subnets are not selected again, since an imported subnet may have nothing except its id.
  const subnets = vpcSubnets?.subnets ?? vpc?.selectSubnets(vpcSubnets).subnets ?? [];
  const tables = adds.includes('s3')
    ? (routeTables ?? subnets.map(({ routeTable }) => routeTable))
    : routeTables;
  const tableIds = tables && [...new Set(tables.map(({ routeTableId }) => routeTableId))];
  // For interfaces, the subnets are enough.
  const ofUse = adds.includes('s3') || hasEndpoints || !hasInterfaces;
  return {
    vpcId: vpc !== undefined && ofUse ? standIns.of(vpc.vpcId, 'vpc') : undefined,
    subnetIds: wantsSubnets
      ? subnets.map(({ subnetId }) => standIns.of(subnetId, 'subnet'))
      : undefined,
    securityGroupIds: securityGroups?.map((group) => standIns.of(group.securityGroupId, 'sg')),
    routeTableIds: tableIds?.map((id) => standIns.of(id, 'rtb')),
  };
}

function registryContext(registry: SchemaRegistryProps | undefined, standIns: StandIns) {
  if (registry === undefined) return undefined;
  const { uri, secret, rootCaSecret, ...others } = registry;
  return {
    ...others,
    uri: standIns.of(uri, 'registry'),
    secretArn: secret && standIns.of(secret.secretArn, 'secret'),
    rootCaSecretArn: rootCaSecret && standIns.of(rootCaSecret.secretArn, 'secret'),
  };
}

/**
 * The region of stand-ins for tokens: the region of a known ARN, so that no resource seems to be in another
 * region.
 */
function regionOf(archive: Construct, { alarmTopic, cluster, secret }: KafkaArchiveProps): string {
  const { region } = Stack.of(archive);
  const known = [clusterArnOf(cluster), secret?.secretArn, alarmTopic?.topicArn].find(
    (arn) => arn !== undefined && !Token.isUnresolved(arn),
  );
  return known?.split(':')[3] ?? (Token.isUnresolved(region) ? 'us-east-1' : region);
}

/** For each kind of value, a sample that the rules of the settings accept. */
const samples = {
  name: (n: number) => `Known-at-deployment-${n}`,
  server: (n: number) => `known-at-deployment-${n}:9092`,
  cluster: (n: number, region: string) =>
    `arn:aws:kafka:${region}:111122223333:cluster/known-at-deployment-${n}/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3`,
  secret: (n: number, region: string) =>
    `arn:aws:secretsmanager:${region}:111122223333:secret:known-at-deployment-${n}`,
  key: (n: number, region: string) =>
    `arn:aws:kms:${region}:111122223333:key/known-at-deployment-${n}`,
  topic: (n: number, region: string) =>
    `arn:aws:sns:${region}:111122223333:known-at-deployment-${n}`,
  registry: (n: number, region: string) =>
    `arn:aws:glue:${region}:111122223333:registry/known-at-deployment-${n}`,
  vpc: (n: number) => `vpc-${hexadecimal(n)}`,
  subnet: (n: number) => `subnet-${hexadecimal(n)}`,
  sg: (n: number) => `sg-${hexadecimal(n)}`,
  rtb: (n: number) => `rtb-${hexadecimal(n)}`,
} as const satisfies Record<string, (n: number, region: string) => string>;

function hexadecimal(n: number): string {
  return `dddddddd${n.toString(16).padStart(9, '0')}`;
}

/** Replaces tokens with values that the rules of the settings accept, and puts the tokens back afterwards. */
class StandIns {
  readonly #region: string;
  readonly #tokens = new Map<string, string>();

  constructor(region: string) {
    this.#region = region;
  }

  /** Returns a known value unchanged, and a stand-in for a token. */
  of(value: string, kind: keyof typeof samples): string {
    if (!Token.isUnresolved(value)) return value;
    return this.#add(value, kind);
  }

  /** The same for a list, which may contain tokens or be a token. */
  list(values: readonly string[], kind: keyof typeof samples): string[] {
    const [first = ''] = values;
    if (Token.isUnresolved(values)) return [this.#add(first, kind)];
    return values.map((value) => this.of(value, kind));
  }

  /** Puts the tokens back into a result. */
  restore<Value>(value: Value): Value;
  restore(value: unknown): unknown {
    if (typeof value === 'string') return this.#replace(value, (token) => token);
    if (Array.isArray(value)) return value.map((each) => this.restore(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, this.restore(each)]),
    );
  }

  /** Replaces each stand-in in a message with `<token>`. */
  describe(text: string): string {
    return this.#replace(text, () => '<token>');
  }

  #add(token: string, kind: keyof typeof samples): string {
    const standIn = samples[kind](this.#tokens.size + 1, this.#region);
    this.#tokens.set(standIn, token);
    return standIn;
  }

  #replace(text: string, by: (token: string) => string): string {
    // The last one first, since stand-in 1 is a prefix of stand-in 10.
    return [...this.#tokens]
      .toReversed()
      .reduce((replaced, [standIn, token]) => replaced.replaceAll(standIn, () => by(token)), text);
  }
}

/** The problems with the settings, expressed with the names of the props. */
function problemsOf(error: unknown, standIns: StandIns): string[] {
  if (!(error instanceof Error)) throw error;
  const words = new Map<string, string>([
    ...Object.entries(resourceProps),
    ...Object.entries(durations).map(
      ([prop, [setting, unit]]) => [setting, `${prop} (${unit})`] as const,
    ),
    ...Object.entries(sizes).map(
      ([prop, [setting, unit]]) => [setting, `${prop} (${unit})`] as const,
    ),
  ]);
  const names = new RegExp(`\\b(?:${[...words.keys()].join('|')})\\b`, 'g');
  return standIns
    .describe(error.message)
    .replaceAll(names, (setting) => words.get(setting) ?? setting)
    .split('\n');
}

/**
 * The props that are equivalent to settings, for the only archive of a stack.
 *
 * @param scope the parent of imported resources
 */
export function propsOf(scope: Construct, settings: StackSettings): KafkaArchiveProps {
  const { source, network, topics, startingPosition: start, encryptionKey } = settings;
  const { alarmTopicArn, schemaRegistry } = settings;
  const key = (id: string, arn: string) => kms.Key.fromKeyArn(scope, id, arn);
  const isStream = settings.delivery === 'firehose';
  return {
    ...same(settings),
    ...Object.fromEntries(
      Object.entries(durations).map(([prop, [setting, unit]]) => {
        const number = settings[setting];
        return [prop, number === undefined ? undefined : Duration[unit](number)];
      }),
    ),
    name: settings.stackName,
    ...sourceProps(scope, settings),
    secretKeys: source.secretKeyArns?.map((arn, index) => key(`SecretKey${index}`, arn)),
    topics: topics.map(({ topic }) => topic),
    consumerGroupId: settings.consumerGroupPattern,
    startingPosition: start.kind === 'timestamp' ? new Date(start.unixSeconds * 1000) : start.kind,
    schemaRegistry: schemaRegistry && registryProps(scope, schemaRegistry),
    // Firehose chooses its own compression level, and only Firehose has buffers.
    compressionLevel: isStream ? undefined : settings.compressionLevel,
    bufferSize: isStream ? Size.mebibytes(settings.bufferSizeMiB) : undefined,
    bufferTime: isStream ? Duration.seconds(settings.bufferSeconds) : undefined,
    memory: Size.mebibytes(settings.memoryMiB),
    ...(settings.catalog
      ? { queryScanLimit: Size.gibibytes(settings.queryScanLimitGiB) }
      : { catalogFrom: undefined }),
    ...(!settings.audit && {
      ...{ auditEvery: undefined, auditFullListing: undefined },
      ...{ auditPaused: undefined, auditReadsObjects: undefined },
    }),
    archiveTransitions: Object.fromEntries(
      settings.archiveTransitions.map(({ name, days }) => [name, Duration.days(days)]),
    ),
    encryptionKey:
      encryptionKey === 'managed' || encryptionKey === 'stack'
        ? encryptionKey
        : key('EncryptionKey', encryptionKey),
    alarmTopic:
      alarmTopicArn === undefined
        ? undefined
        : sns.Topic.fromTopicArn(scope, 'GivenAlarmTopic', alarmTopicArn),
    networkAdds: network.adds.length > 0 ? network.adds : undefined,
    networkHas: network.has.length > 0 ? network.has : undefined,
  };
}

/** The settings whose values are props without conversion: all except those that {@link propsOf} converts. */
function same(settings: StackSettings) {
  const { stackName, source, network, topics, consumerGroupPattern, startingPosition, ...others } =
    settings;
  const { encryptionKey, alarmTopicArn, schemaRegistry, archiveTransitions, ...plain } = others;
  const quantities = [
    ...Object.values(durations).map(([setting]) => setting),
    ...Object.values(sizes).map(([setting]) => setting),
  ] as const;
  return Object.fromEntries(
    Object.entries(plain).filter(([name]) => !quantities.some((quantity) => quantity === name)),
  ) as Omit<typeof plain, (typeof quantities)[number]>;
}

function sourceProps(scope: Construct, { network, source }: StackSettings) {
  const { vpcId, subnetIds, securityGroupIds, routeTableIds } = network;
  const { credentials } = source;
  const rootCaArn = source.kind === 'self-managed' ? source.rootCaSecretArn : undefined;
  return {
    ...(source.kind === 'msk'
      ? { cluster: source.cluster.arn }
      : { bootstrapServers: source.bootstrapServers }),
    authentication: credentials?.type,
    secret: secretOf(scope, 'Secret', credentials?.secretArn),
    rootCaSecret: secretOf(scope, 'RootCaSecret', rootCaArn),
    vpc:
      vpcId === undefined
        ? undefined
        : ec2.Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: [UNKNOWN] }),
    vpcSubnets:
      subnetIds.length === 0 ? undefined : { subnets: subnetIds.map((id) => subnetOf(scope, id)) },
    securityGroups:
      securityGroupIds.length === 0
        ? undefined
        : securityGroupIds.map((id) => ec2.SecurityGroup.fromSecurityGroupId(scope, id, id)),
    routeTables:
      routeTableIds.length === 0
        ? undefined
        : routeTableIds.map((routeTableId) => ({ routeTableId })),
  };
}

/** Imports require this value, but nothing reads it. */
const UNKNOWN = 'unknown';

function subnetOf(scope: Construct, subnetId: string): ec2.ISubnet {
  return ec2.Subnet.fromSubnetAttributes(scope, subnetId, { subnetId, routeTableId: UNKNOWN });
}

function registryProps(scope: Construct, registry: SchemaRegistrySettings): SchemaRegistryProps {
  const { secretArn, rootCaSecretArn, ...others } = registry;
  return {
    ...others,
    secret: secretOf(scope, 'RegistrySecret', secretArn),
    rootCaSecret: secretOf(scope, 'RegistryRootCaSecret', rootCaSecretArn),
  };
}

function secretOf(scope: Construct, id: string, arn: string | undefined) {
  return arn === undefined
    ? undefined
    : secretsmanager.Secret.fromSecretCompleteArn(scope, id, arn);
}
