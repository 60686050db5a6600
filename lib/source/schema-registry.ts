import { Fn, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { SchemaRegistrySettings } from '../settings/registry-settings.ts';
import { wildcardFinding } from '../wildcard-finding.ts';
import { secretStatements } from './source-permissions.ts';

/** What event source mappings are told of a schema registry; permissions are {@link registryStatements}. */
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
 * What the role of the function needs for Lambda to read the registry.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html
 *
 * Not by the CDK's own registries, of which Confluent's lets the role describe its secrets, too.
 *
 * @param secretKeyArns keys of KMS that its secrets are encrypted with
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

/** Says to cdk-nag why the role of the function may read every schema of a Glue registry. */
export function acknowledgeRegistry(role: IConstruct, { uri }: SchemaRegistrySettings): void {
  if (uri.startsWith('https://')) return;
  Validations.of(role).acknowledge({
    id: wildcardFinding(role, schemasOf(uri)),
    reason: 'The schema of a record is not known before the record is read',
  });
}

function schemasOf(registryArn: string): string {
  // Selected and not joined again: the ARN may be a token.
  const parts = Fn.split(':registry/', registryArn);
  return `${Fn.select(0, parts)}:schema/${Fn.select(1, parts)}/*`;
}
