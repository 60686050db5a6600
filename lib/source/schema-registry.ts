import { Fn, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { SchemaRegistrySettings } from '../settings/registry-settings.ts';
import { wildcardFinding } from '../wildcard-finding.ts';
import { secretStatements } from './source-permissions.ts';

/** The schema registry as event source mappings configure it; {@link registryStatements} has the permissions. */
export function schemaRegistryOf(settings: SchemaRegistrySettings): lambda.ISchemaRegistry {
  const { uri, format, validate, authentication, secretArn, rootCaSecretArn } = settings;
  const types = lambda.KafkaSchemaRegistryAccessConfigType;
  const accessConfigs = [
    { type: types.of(authentication ?? ''), uri: secretArn },
    { type: types.SERVER_ROOT_CA_CERTIFICATE, uri: rootCaSecretArn },
  ].flatMap(({ type, uri: arn }) => (arn === undefined ? [] : [{ type, uri: arn }]));
  return {
    bind: () => ({
      schemaRegistryUri: uri,
      eventRecordFormat: lambda.EventRecordFormat.of(format),
      schemaValidationConfigs: validate.map((attribute) => ({
        attribute: lambda.KafkaSchemaValidationAttribute.of(attribute),
      })),
      ...(accessConfigs.length > 0 && { accessConfigs }),
    }),
  };
}

/**
 * The permissions with which the function's role lets Lambda read the registry.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html
 *
 * The CDK's own registry classes are not used, since the Confluent one also lets the role describe its secrets.
 *
 * @param secretKeyArns the KMS keys that encrypt its secrets
 */
export function registryStatements(
  { uri, secretArn, rootCaSecretArn }: SchemaRegistrySettings,
  secretKeyArns?: readonly string[],
): iam.PolicyStatement[] {
  if (uri.startsWith('https://')) {
    const secrets = [secretArn, rootCaSecretArn].filter((arn) => arn !== undefined);
    return secretStatements(secrets, secretKeyArns);
  }
  return [
    new iam.PolicyStatement({ actions: ['glue:GetRegistry'], resources: [uri] }),
    new iam.PolicyStatement({
      actions: ['glue:GetSchemaVersion'],
      resources: [uri, schemasOf(uri)],
    }),
  ];
}

/** Acknowledges cdk-nag's finding that the function's role may read every schema of a Glue registry. */
export function acknowledgeRegistry(role: IConstruct, { uri }: SchemaRegistrySettings): void {
  if (uri.startsWith('https://')) return;
  Validations.of(role).acknowledge({
    id: wildcardFinding(role, schemasOf(uri)),
    reason: 'The schema of a record is not known before the record is read',
  });
}

function schemasOf(registryArn: string): string {
  // Split by CloudFormation, since the ARN may be a token.
  const parts = Fn.split(':registry/', registryArn);
  return `${Fn.select(0, parts)}:schema/${Fn.select(1, parts)}/*`;
}
