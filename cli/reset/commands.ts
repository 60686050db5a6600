import type { SaslMechanism } from '../../kafka/connection.ts';
import type { ResetAws } from './options.ts';
import { formatTarget, type ResetTarget } from './target.ts';

/** How commands reach the brokers. */
export interface CommandAccess {
  /** @default - as the cluster's ARN says, for one of MSK */
  readonly brokers: readonly string[] | undefined;
  readonly security: 'IAM' | CommandSecurity;
}

/** Without IAM. */
export interface CommandSecurity {
  readonly tls: boolean;
  /** PEM file of the certificate authority to trust. @default - the system's */
  readonly ca: string | undefined;
  /** @default - none */
  readonly sasl: { readonly mechanism: SaslMechanism; readonly username: string } | undefined;
}

/** What the commands are to do. */
export interface CommandSubject {
  readonly topic: string;
  readonly group: string;
  readonly target: ResetTarget;
  /** @default - none, or it was not looked at */
  readonly clusterArn: string | undefined;
  /** UUID. @default - no mapping */
  readonly mapping: string | undefined;
  readonly aws: Pick<ResetAws, 'profile' | 'region'>;
  readonly access: CommandAccess;
}

/** A shell script that does step by step what the reset does, with the AWS CLI and Kafka's own tools. */
export function commandLines(subject: CommandSubject): string[] {
  const { aws, group, mapping, target, topic } = subject;
  const tool =
    'kafka-consumer-groups.sh --bootstrap-server "$BROKERS" --command-config client.properties';
  const where = `${tool} --group ${quote(group)}`;
  const reset = `${where} --topic ${quote(topic)} --reset-offsets ${targetFlag(target)}`;
  return [
    `# Moves the group '${group}' of the topic '${topic}' to ${formatTarget(target)}. Nothing of it was run.`,
    '# Records between a CURRENT-OFFSET and a later NEW-OFFSET are skipped, and not archived: nothing below asks.',
    ...brokerLines(subject),
    ...['', '# 1. Look: CURRENT-OFFSET, and the NEW-OFFSET it would be'],
    ...[`${where} --describe`, `${reset} --dry-run`],
    ...(mapping === undefined ? stopLines : ['', ...disableLines(mapping, aws)]),
    ...['', '# 3. Wait until no member is left'],
    `until ${where} --describe --state | awk '$NF == "0" { empty = 1 } END { exit !empty }'; do sleep 5; done`,
    ...['', '# 4. Commit, and read back'],
    ...[`${reset} --execute`, `${where} --describe`],
    ...(mapping === undefined ? [] : ['', ...enableLines(mapping, aws)]),
  ];
}

/** The command that enables a mapping. */
export function enableCommand(uuid: string, aws: CommandSubject['aws']): string {
  return `aws lambda update-event-source-mapping --uuid ${uuid} --enabled${awsFlags(aws)}`;
}

const stopLines = ['', '# 2. Stop what reads with the group'];

function disableLines(uuid: string, aws: CommandSubject['aws']): string[] {
  return [
    '# 2. Disable the mapping, and wait',
    `aws lambda update-event-source-mapping --uuid ${uuid} --no-enabled${awsFlags(aws)}`,
    awaitState(uuid, 'Disabled', aws),
  ];
}

function enableLines(uuid: string, aws: CommandSubject['aws']): string[] {
  return [
    '# 5. Enable the mapping, also where step 4 failed, and wait',
    enableCommand(uuid, aws),
    awaitState(uuid, 'Enabled', aws),
  ];
}

function awaitState(uuid: string, state: string, aws: CommandSubject['aws']): string {
  const get = `aws lambda get-event-source-mapping --uuid ${uuid} --query State --output text`;
  return `until [ "$(${get}${awsFlags(aws)})" = ${state} ]; do sleep 5; done`;
}

function awsFlags({ profile, region }: CommandSubject['aws']): string {
  const given = { region, profile };
  return Object.entries(given)
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${quote(value)}`))
    .join('');
}

function targetFlag(target: ResetTarget): string {
  return typeof target === 'string' ? `--to-${target}` : `--to-datetime ${formatTarget(target)}`;
}

function brokerLines({ access, aws, clusterArn }: CommandSubject): string[] {
  const { brokers, security } = access;
  const arn = clusterArn === undefined ? '"$CLUSTER_ARN"' : quote(clusterArn);
  const lookup = `aws kafka get-bootstrap-brokers --cluster-arn ${arn} --query BootstrapBrokerStringSaslIam --output text`;
  return [
    '',
    ...(security === 'IAM' ? iamLines : []),
    "cat > client.properties <<'END'",
    ...(security === 'IAM' ? iamProperties(aws.profile) : propertiesOf(security)),
    'END',
    brokers === undefined
      ? `BROKERS=$(${lookup}${awsFlags(aws)})`
      : `BROKERS=${quote(brokers.join(','))}`,
  ];
}

const iamLines = [
  "# IAM needs aws-msk-iam-auth-VERSION-all.jar in this folder, beside Kafka's tools:",
  '# https://github.com/aws/aws-msk-iam-auth/releases',
  'export CLASSPATH=$(echo aws-msk-iam-auth-*-all.jar)',
];

/** https://docs.aws.amazon.com/msk/latest/developerguide/configure-clients-for-iam-access-control.html */
function iamProperties(profile: string | undefined): string[] {
  const named = profile === undefined ? '' : ` awsProfileName="${profile}"`;
  return [
    'security.protocol=SASL_SSL',
    'sasl.mechanism=AWS_MSK_IAM',
    `sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required${named};`,
    'sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler',
  ];
}

function propertiesOf({ ca, sasl, tls }: CommandSecurity): string[] {
  const protocol = `${sasl === undefined ? '' : 'SASL_'}${tls ? 'SSL' : 'PLAINTEXT'}`;
  const trust =
    ca === undefined ? [] : ['ssl.truststore.type=PEM', `ssl.truststore.location=${ca}`];
  return [`security.protocol=${protocol}`, ...trust, ...(sasl === undefined ? [] : login(sasl))];
}

function login({ mechanism, username }: NonNullable<CommandSecurity['sasl']>): string[] {
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  return [
    `sasl.mechanism=${mechanism}`,
    `sasl.jaas.config=org.apache.kafka.common.security.${module} required username="${username}" password="PUT THE PASSWORD HERE";`,
  ];
}

/** An argument of a shell's. */
function quote(argument: string): string {
  if (/^[\w.,:/@{}=-]+$/.test(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
