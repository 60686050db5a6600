/**
 * Settings of the cluster that is read, and of how Lambda authenticates to it.
 *
 * @module
 */
import { z } from 'zod';
import { type Authentication, authentications } from '../../lambda/contract.ts';
import { parseClusterArn } from '../source/cluster-arn.ts';
import type { Credentials, KafkaSource } from '../source/kafka-source.ts';
import { choice, keyArn, must, nameList, quoted, secretArn } from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/msk-cluster-auth.html */
const mskAuthentications: readonly Authentication[] = [
  'IAM',
  'SASL_SCRAM_512_AUTH',
  'CLIENT_CERTIFICATE_TLS_AUTH',
];

/** The pattern of the host is Lambda's own: https://docs.aws.amazon.com/lambda/latest/api/API_SelfManagedEventSource.html */
const isServer = (server: string): boolean => {
  const [, port] =
    /^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]):([1-9]\d{0,4})$/i.exec(
      server,
    ) ?? [];
  return port !== undefined && Number(port) <= 65_535 && server.length <= 300;
};
const serverError = must('be host:port, with a port from 1 to 65535');

/** A list of brokers, at most 10. */
export function serverList() {
  return nameList({
    of: z.string({ error: serverError }).refine(isServer, { error: serverError }),
    noun: 'server',
    max: 10,
  });
}

/** The cluster, and the secrets that Lambda reads to authenticate to it. */
export const sourceSettings = {
  clusterArn: z
    .string({ error: must('be the ARN of an MSK cluster') })
    .refine((arn) => parseClusterArn(arn) !== undefined, {
      error: must(
        'be the ARN of an MSK cluster, arn:<partition>:kafka:<region>:<account>:cluster/<name>/<uuid>-<n>',
      ),
    })
    .optional()
    .meta({
      description:
        'ARN of the MSK cluster to archive, provisioned or serverless. The stack is deployed to the account and region of the cluster. Set either this or `bootstrapServers`.',
      unset: '`bootstrapServers` is required',
    }),
  bootstrapServers: serverList().optional().meta({
    description:
      'Bootstrap servers of a self-managed Kafka cluster, at most 10, as a list or as text such as "host:port, host:port". Lambda reaches them inside a VPC if `subnetIds` and `securityGroupIds` are set, and otherwise over the internet, which requires `secretArn`.',
    unset: '`clusterArn` is required',
  }),
  authentication: choice(authentications).optional().meta({
    description:
      "How Lambda authenticates to the cluster. A serverless MSK cluster accepts IAM only, which uses the function's role; a provisioned one also accepts SASL_SCRAM_512_AUTH and CLIENT_CERTIFICATE_TLS_AUTH (mutual TLS), which need `secretArn`. For `bootstrapServers`, use any value but IAM, with `secretArn`.",
    unset:
      'SASL_SCRAM_512_AUTH with `secretArn`; without it, IAM for an MSK cluster and no authentication for `bootstrapServers`',
  }),
  secretArn: secretArn().optional().meta({
    description:
      'ARN of the Secrets Manager secret that Lambda authenticates with, in the region of the stack. It holds `username` and `password`, or for mutual TLS `certificate`, `privateKey` and, if the key is encrypted, `privateKeyPassword`.',
    unset: 'no secret is used',
  }),
  secretKeyArns: nameList({ of: keyArn(), noun: 'key', max: 3 }).optional().meta({
    description:
      'ARNs of the KMS keys that encrypt the secrets, at most 3. MSK requires such a key for the secrets of SASL_SCRAM_512_AUTH.',
    unset: "the secrets are encrypted with Secrets Manager's own key",
  }),
  rootCaSecretArn: secretArn().optional().meta({
    description:
      'ARN of the Secrets Manager secret that holds the certificate of the private authority that signed the certificates of `bootstrapServers`.',
    unset: 'only certificates of public authorities are trusted',
  }),
};

/** What the rules of the source look at besides its own settings. */
interface Given extends SettingsOf<typeof sourceSettings> {
  readonly subnetIds?: string[];
  readonly securityGroupIds?: string[];
  readonly schemaRegistry?: unknown;
}

type Report = SettingReport<Given>;

/** Reports source settings that do not go together. */
export function checkSource(report: Report): void {
  const { clusterArn, bootstrapServers } = report.given;
  if (clusterArn === undefined && bootstrapServers === undefined) {
    report.report('clusterArn', 'or bootstrapServers must be set, got neither');
  } else if (clusterArn !== undefined && bootstrapServers !== undefined) {
    report.refuseBoth('clusterArn', 'bootstrapServers');
    return;
  }
  checkKeys(report);
  if (!report.isSound('clusterArn', 'bootstrapServers', 'authentication', 'secretArn')) return;
  if (clusterArn !== undefined) checkMsk(report, clusterArn);
  else checkSelfManaged(report);
}

function checkKeys(report: Report): void {
  const { secretArn, rootCaSecretArn, schemaRegistry, secretKeyArns } = report.given;
  const users = [secretArn, rootCaSecretArn, schemaRegistry];
  if (secretKeyArns === undefined || users.some((user) => user !== undefined)) return;
  report.refuse('secretKeyArns', 'be set only with a secret');
}

function checkMsk(report: Report, clusterArn: string): void {
  const { given } = report;
  const authentication = authenticationOf(given) ?? 'IAM';
  if (given.rootCaSecretArn !== undefined) {
    const reason = 'a public authority signs the certificates of MSK';
    report.refuse('rootCaSecretArn', 'be set only with bootstrapServers', { reason });
  }
  const got = authentication;
  if (!mskAuthentications.includes(authentication)) {
    const allowed = `be one of ${quoted(mskAuthentications)} with clusterArn`;
    report.refuse('authentication', allowed, { got });
    return;
  }
  if (/-s\d+$/.test(clusterArn) && authentication !== 'IAM') {
    const allowed = "be 'IAM' with the ARN of a serverless cluster, and secretArn not set";
    report.refuse('authentication', allowed, { got });
    return;
  }
  checkSecret(report, authentication);
  // Secrets with this prefix are those that MSK itself reads:
  // https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-limitations.html
  if (given.secretArn?.includes(':secret:AmazonMSK_') && given.secretKeyArns === undefined) {
    const reason = "MSK refuses secrets that are encrypted with Secrets Manager's own key";
    report.refuse('secretKeyArns', 'be set with a secret of MSK', { reason });
  }
}

function checkSelfManaged(report: Report): void {
  const { given } = report;
  const authentication = authenticationOf(given);
  if (authentication === 'IAM') {
    const others = authentications.filter((each) => each !== 'IAM');
    report.refuse('authentication', `be one of ${quoted(others)} with bootstrapServers`);
  } else if (authentication !== undefined) {
    checkSecret(report, authentication);
  } else if (given.subnetIds === undefined && given.securityGroupIds === undefined) {
    const reason =
      'over the internet, Lambda reaches brokers only with a secret; for brokers in a VPC, set subnetIds and securityGroupIds';
    report.refuse('secretArn', 'be set with bootstrapServers', { reason });
  }
}

function checkSecret(report: Report, authentication: Authentication): void {
  const { clusterArn, secretArn } = report.given;
  if (authentication === 'IAM') {
    if (secretArn !== undefined) report.refuse('secretArn', "not be set with authentication 'IAM'");
  } else if (secretArn === undefined) {
    report.refuse('secretArn', `be set with authentication '${authentication}'`);
  } else {
    const region = parseClusterArn(clusterArn ?? '')?.region;
    if (region === undefined || secretArn.split(':')[3] === region) return;
    report.refuse('secretArn', `be in ${region} with that clusterArn`);
  }
}

function authenticationOf({ authentication, secretArn }: Given): Authentication | undefined {
  return authentication ?? (secretArn === undefined ? undefined : 'SASL_SCRAM_512_AUTH');
}

/**
 * The cluster of settings that were checked.
 *
 * @throws Error if they were not.
 */
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
  if (cluster === undefined) throw new Error(`unchecked clusterArn: ${given.clusterArn}`);
  return { kind: 'msk', cluster, secretKeyArns, credentials };
}

function credentialsOf(given: Given): Credentials | undefined {
  const type = authenticationOf(given);
  const { secretArn } = given;
  return type === undefined || type === 'IAM' || secretArn === undefined
    ? undefined
    : { type, secretArn };
}

/** The name of the cluster in object keys: of MSK its own, otherwise the first bootstrap host. */
export function sourceName(source: KafkaSource): string {
  if (source.kind === 'msk') return source.cluster.clusterName;
  return (source.bootstrapServers[0] ?? '').replace(/:\d+$/, '');
}
