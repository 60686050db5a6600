/**
 * Settings of the cluster that is read, and of how Lambda signs in to it.
 *
 * @module
 */
import { z } from 'zod';
import { parseClusterArn } from '../source/cluster-arn.ts';
import type { Credentials, KafkaSource } from '../source/kafka-source.ts';
import { keyArn } from './security-settings.ts';
import { choice, must, nameList, secretArn, show } from './setting-forms.ts';
import { areSound, type Context, type Given, type Refinement, report } from './setting-report.ts';

/** How Lambda signs in: with the function's role, or with a secret. */
export const authentications = [
  'IAM',
  'SASL_SCRAM_512_AUTH',
  'SASL_SCRAM_256_AUTH',
  'BASIC_AUTH',
  'CLIENT_CERTIFICATE_TLS_AUTH',
] as const;

type Authentication = (typeof authentications)[number];

/** https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html */
const mskAuthentications: readonly Authentication[] = [
  'IAM',
  'SASL_SCRAM_512_AUTH',
  'CLIENT_CERTIFICATE_TLS_AUTH',
];

/** The host as Lambda's own pattern has it: https://docs.aws.amazon.com/lambda/latest/api/API_SelfManagedEventSource.html */
const isServer = (server: string): boolean => {
  const [, port] =
    /^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]):([1-9]\d{0,4})$/i.exec(
      server,
    ) ?? [];
  return port !== undefined && Number(port) <= 65_535 && server.length <= 300;
};
const serverError = must('be host:port, with a port from 1 to 65535');

/** The schema of each. */
export const sourceSettings = {
  clusterArn: z
    .string({ error: must('be the ARN of an MSK cluster') })
    .refine((arn) => parseClusterArn(arn) !== undefined, {
      error: must(
        'be the ARN of an MSK cluster, arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid>-<n>',
      ),
    })
    .optional()
    .describe(
      'ARN of the MSK cluster, provisioned or serverless; the stack goes to its account and region. Either this or bootstrapServers',
    ),
  bootstrapServers: nameList({
    of: z.string({ error: serverError }).refine(isServer, { error: serverError }),
    noun: 'server',
    max: 10,
  })
    .optional()
    .describe(
      'Bootstrap servers of a self-managed Kafka cluster, as a list or as "host:port, host:port": in a VPC with subnetIds and securityGroupIds, else over the internet with secretArn',
    ),
  authentication: choice(authentications)
    .optional()
    .describe(
      "How Lambda signs in. To an MSK cluster: IAM (if there is no secretArn) with the function's role, SASL_SCRAM_512_AUTH (if there is one) or CLIENT_CERTIFICATE_TLS_AUTH, mutual TLS, with the secret; a serverless one takes IAM only. To bootstrapServers: with the secret, in any way but IAM, SASL_SCRAM_512_AUTH if not set",
    ),
  secretArn: secretArn()
    .optional()
    .describe(
      'ARN of the secret that Lambda signs in with: username and password, or certificate and privateKey (and privateKeyPassword) for mutual TLS. In the region of the stack',
    ),
  secretKeyArns: nameList({
    of: keyArn(),
    noun: 'key',
    max: 3,
  })
    .optional()
    .describe(
      "Keys of KMS that the secrets are encrypted with; MSK wants one for SASL_SCRAM_512_AUTH. If not set, Secrets Manager's own",
    ),
  rootCaSecretArn: secretArn()
    .optional()
    .describe(
      'ARN of the secret with the certificate of the authority that signed those of bootstrapServers, where it is a private one',
    ),
};

/** Reports what of them does not go together. */
export function checkSource(context: Context, given: Given, refinement: Refinement): void {
  const { clusterArn, bootstrapServers } = context;
  if (clusterArn === undefined && bootstrapServers === undefined) {
    report(refinement, 'clusterArn', 'or bootstrapServers must be set, got neither');
  }
  if (clusterArn !== undefined && bootstrapServers !== undefined) {
    const got = `got ${show(clusterArn)} and ${show(bootstrapServers)}`;
    report(refinement, 'clusterArn', `and bootstrapServers must not both be set, ${got}`);
    return;
  }
  checkKeys(context, refinement);
  if (!areSound(refinement, 'clusterArn', 'bootstrapServers', 'authentication', 'secretArn'))
    return;
  if (clusterArn !== undefined) checkMsk(context, given, refinement);
  if (bootstrapServers !== undefined) checkSelfManaged(context, given, refinement);
}

function checkKeys(context: Context, refinement: Refinement): void {
  const { secretArn: secret, rootCaSecretArn, schemaRegistry, secretKeyArns } = context;
  if (secretKeyArns === undefined || secret !== undefined) return;
  if (rootCaSecretArn !== undefined || schemaRegistry !== undefined) return;
  report(refinement, 'secretKeyArns', `must be set with a secret only, got ${show(secretKeyArns)}`);
}

function checkMsk(context: Context, given: Given, refinement: Refinement): void {
  const authentication = authenticationOf(given) ?? 'IAM';
  const { clusterArn = '', secretArn: secret } = given;
  if (context.rootCaSecretArn !== undefined) {
    const reason = 'everybody trusts the certificates of MSK';
    const got = `got ${show(context.rootCaSecretArn)}`;
    report(
      refinement,
      'rootCaSecretArn',
      `must be set with bootstrapServers only (${reason}), ${got}`,
    );
  }
  if (!mskAuthentications.includes(authentication)) {
    const allowed = mskAuthentications.map(show).join(', ');
    report(
      refinement,
      'authentication',
      `must be one of ${allowed} with clusterArn, got ${show(authentication)}`,
    );
    return;
  }
  if (/-s\d+$/.test(clusterArn) && authentication !== 'IAM') {
    const allowed = "be 'IAM' with the ARN of a serverless cluster, and secretArn not set";
    report(refinement, 'authentication', `must ${allowed}, got ${show(authentication)}`);
    return;
  }
  checkSecret(authentication, given, refinement);
  // https://docs.aws.amazon.com/msk/latest/developerguide/msk-password.html: those that MSK itself reads.
  if (secret?.includes(':secret:AmazonMSK_') && context.secretKeyArns === undefined) {
    const reason = "MSK takes none that is encrypted with Secrets Manager's own key";
    const allowed = `be set with a secret of MSK (${reason})`;
    report(refinement, 'secretKeyArns', `must ${allowed}, got nothing`);
  }
}

function checkSelfManaged(context: Context, given: Given, refinement: Refinement): void {
  const authentication = authenticationOf(given);
  if (authentication === 'IAM') {
    const allowed = authentications
      .filter((each) => each !== 'IAM')
      .map(show)
      .join(', ');
    report(
      refinement,
      'authentication',
      `must be one of ${allowed} with bootstrapServers, got 'IAM'`,
    );
    return;
  }
  if (authentication !== undefined) checkSecret(authentication, given, refinement);
  else if (context.subnetIds === undefined && context.securityGroupIds === undefined) {
    const reason =
      'Lambda reaches brokers over the internet with a secret only; those in a VPC, with subnetIds and securityGroupIds';
    report(refinement, 'secretArn', `must be set with bootstrapServers (${reason}), got nothing`);
  }
}

function checkSecret(authentication: Authentication, given: Given, refinement: Refinement): void {
  const { clusterArn = '', secretArn: secret } = given;
  if (authentication === 'IAM') {
    if (secret === undefined) return;
    report(
      refinement,
      'secretArn',
      `must not be set with authentication 'IAM', got ${show(secret)}`,
    );
    return;
  }
  if (secret === undefined) {
    report(
      refinement,
      'secretArn',
      `must be set with authentication ${show(authentication)}, got nothing`,
    );
    return;
  }
  const region = parseClusterArn(clusterArn)?.region;
  if (region === undefined || secret.split(':')[3] === region) return;
  const allowed = `be in ${region} with that clusterArn`;
  report(refinement, 'secretArn', `must ${allowed}, got ${show(secret)}`);
}

function authenticationOf({
  authentication,
  secretArn: secret,
}: Given): Authentication | undefined {
  return authentication ?? (secret === undefined ? undefined : 'SASL_SCRAM_512_AUTH');
}

/** The cluster of settings that were checked. */
export function toSource(given: Given): KafkaSource {
  const { bootstrapServers, rootCaSecretArn, secretKeyArns, subnetIds, securityGroupIds } = given;
  const credentials = credentialsOf(given);
  if (bootstrapServers !== undefined) {
    const network =
      subnetIds === undefined || securityGroupIds === undefined
        ? undefined
        : { subnetIds, securityGroupIds };
    return {
      ...{ kind: 'self-managed', bootstrapServers, secretKeyArns },
      ...{ credentials, rootCaSecretArn, network },
    };
  }
  const cluster = parseClusterArn(given.clusterArn ?? '');
  if (cluster === undefined) throw new Error(`not a cluster that was checked: ${given.clusterArn}`);
  return { kind: 'msk', cluster, secretKeyArns, credentials };
}

function credentialsOf(given: Given): Credentials | undefined {
  const type = authenticationOf(given);
  const { secretArn: secret } = given;
  return type === undefined || type === 'IAM' || secret === undefined
    ? undefined
    : { type, secretArn: secret };
}

/** What a cluster is called in object keys. */
export function sourceName(source: KafkaSource): string {
  if (source.kind === 'msk') return source.cluster.clusterName;
  return (source.bootstrapServers[0] ?? '').replace(/:\d+$/, '');
}
