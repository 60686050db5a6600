import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { SchemaRegistrySettings } from '../settings/registry-settings.ts';
import { secretStatements } from './source-permissions.ts';

/**
 * Why `glue:GetSchemaVersion` is allowed on every resource: a record names its schema by id alone, and a request
 * by id has no name that a policy could match. Glue's own policy for deserializers allows it on `*`.
 * https://docs.aws.amazon.com/glue/latest/dg/schema-registry-gs.html
 */
export const SCHEMAS_REASON =
  'A record names its schema by id alone, with which glue:GetSchemaVersion supports no resource-level permissions';

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
  scope: IConstruct,
  registry: SchemaRegistrySettings,
  secretKeyArns?: readonly string[],
): iam.PolicyStatement[] {
  const { uri, secretArn, rootCaSecretArn } = registry;
  if (!isGlueRegistry(registry)) {
    const secrets = [secretArn, rootCaSecretArn].filter((arn) => arn !== undefined);
    return secretStatements(scope, secrets, secretKeyArns);
  }
  return [
    new iam.PolicyStatement({ actions: ['glue:GetRegistry'], resources: [uri] }),
    // SCHEMAS_REASON says why.
    new iam.PolicyStatement({ actions: ['glue:GetSchemaVersion'], resources: ['*'] }),
  ];
}

/** Whether the registry is one of Glue, which the function's role reads, and not a Confluent one. */
export function isGlueRegistry({ uri }: SchemaRegistrySettings): boolean {
  return !uri.startsWith('https://');
}
