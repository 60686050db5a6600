import { describe, expect, it } from 'vitest';
import { type CommandSubject, commandLines, enableCommand } from '../../../cli/reset/commands.ts';
import { uuid } from './reset-console.ts';

const clusterArn = 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-1';
const subject: CommandSubject = {
  ...{ topic: 'orders', group: 'shop-orders', target: { timestamp: 1_763_974_800_000 } },
  ...{ mapping: uuid, clusterArn },
  aws: { region: 'eu-west-1', profile: undefined },
  access: { brokers: undefined, security: 'IAM' },
};

const tool =
  'kafka-consumer-groups.sh --bootstrap-server "$BROKERS" --command-config client.properties --group shop-orders';

const withIam = `# Moves the group 'shop-orders' of the topic 'orders' to 2025-11-24T09:00:00.000Z. Nothing of it was run.
# Records between a CURRENT-OFFSET and a later NEW-OFFSET are skipped, and not archived: nothing below asks.

# IAM needs aws-msk-iam-auth-VERSION-all.jar in this folder, beside Kafka's tools:
# https://github.com/aws/aws-msk-iam-auth/releases
export CLASSPATH=$(echo aws-msk-iam-auth-*-all.jar)
cat > client.properties <<'END'
security.protocol=SASL_SSL
sasl.mechanism=AWS_MSK_IAM
sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;
sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler
END
BROKERS=$(aws kafka get-bootstrap-brokers --cluster-arn ${clusterArn} --query BootstrapBrokerStringSaslIam --output text --region eu-west-1)

# 1. Look: CURRENT-OFFSET, and the NEW-OFFSET it would be
${tool} --describe
${tool} --topic orders --reset-offsets --to-datetime 2025-11-24T09:00:00.000Z --dry-run

# 2. Disable the mapping, and wait
aws lambda update-event-source-mapping --uuid ${uuid} --no-enabled --region eu-west-1
until [ "$(aws lambda get-event-source-mapping --uuid ${uuid} --query State --output text --region eu-west-1)" = Disabled ]; do sleep 5; done

# 3. Wait until no member is left
until ${tool} --describe --state | awk '$NF == "0" { empty = 1 } END { exit !empty }'; do sleep 5; done

# 4. Commit, and read back
${tool} --topic orders --reset-offsets --to-datetime 2025-11-24T09:00:00.000Z --execute
${tool} --describe

# 5. Enable the mapping, also where step 4 failed, and wait
aws lambda update-event-source-mapping --uuid ${uuid} --enabled --region eu-west-1
until [ "$(aws lambda get-event-source-mapping --uuid ${uuid} --query State --output text --region eu-west-1)" = Enabled ]; do sleep 5; done`;

/** The properties that are written. */
function propertiesOf(access: CommandSubject['access'], profile?: string): string[] {
  const lines = commandLines({ ...subject, access, aws: { region: undefined, profile } });
  return lines.slice(lines.indexOf("cat > client.properties <<'END'") + 1, lines.indexOf('END'));
}

describe('the commands', () => {
  it('do with IAM, step by step, what the reset does', () => {
    expect(commandLines(subject).join('\n')).toBe(withIam);
  });

  it('leave out the mapping where there is none', () => {
    const lines = commandLines({ ...subject, mapping: undefined, target: 'earliest' });
    expect(lines.filter((line) => line.startsWith('aws lambda'))).toEqual([]);
    expect(lines).toContain('# 2. Stop what reads with the group');
    expect(lines).toContain(`${tool} --topic orders --reset-offsets --to-earliest --execute`);
  });

  it('ask for the cluster where it is not known', () => {
    const lines = commandLines({ ...subject, clusterArn: undefined });
    expect(lines).toContain(
      'BROKERS=$(aws kafka get-bootstrap-brokers --cluster-arn "$CLUSTER_ARN" --query BootstrapBrokerStringSaslIam --output text --region eu-west-1)',
    );
  });

  it.each<[string, CommandSubject['access']['security'], string[]]>([
    ['plain text', { tls: false, ca: undefined, sasl: undefined }, ['security.protocol=PLAINTEXT']],
    [
      'TLS with an authority',
      { tls: true, ca: 'ca.pem', sasl: undefined },
      ['security.protocol=SSL', 'ssl.truststore.type=PEM', 'ssl.truststore.location=ca.pem'],
    ],
    [
      'SCRAM',
      { tls: true, ca: undefined, sasl: { mechanism: 'SCRAM-SHA-512', username: 'u' } },
      [
        'security.protocol=SASL_SSL',
        'sasl.mechanism=SCRAM-SHA-512',
        'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="PUT THE PASSWORD HERE";',
      ],
    ],
    [
      'PLAIN',
      { tls: false, ca: undefined, sasl: { mechanism: 'PLAIN', username: 'u' } },
      [
        'security.protocol=SASL_PLAINTEXT',
        'sasl.mechanism=PLAIN',
        'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="PUT THE PASSWORD HERE";',
      ],
    ],
  ])('connect as they are told: %s', (_, security, properties) => {
    const access = { brokers: ['b:1', 'c:2'], security };
    expect(propertiesOf(access)).toEqual(properties);
    const lines = commandLines({ ...subject, access });
    expect(lines).toContain('BROKERS=b:1,c:2');
    expect(lines.join('\n')).not.toMatch(/aws-msk-iam-auth/);
  });

  it('are of the profile that is given', () => {
    expect(propertiesOf(subject.access, 'ops')).toContain(
      'sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required awsProfileName="ops";',
    );
    expect(enableCommand(uuid, { region: undefined, profile: "o'ps" })).toBe(
      `aws lambda update-event-source-mapping --uuid ${uuid} --enabled --profile 'o'\\''ps'`,
    );
  });
});
