import {
  type Action,
  ask,
  aws,
  type Command,
  listOf,
  OUTAGE_POLICY,
  run,
  sessionOf,
} from '../step.ts';
import { saveOutputs } from './before-deployment.ts';

type Settings = Readonly<Record<string, string>>;

/** Settings of the stack on demand: small batches, and no wait before a replay. */
const onDemand: Settings = {
  ...{ clusterArn: '{cluster}', topics: '{topic}', networkHas: 'brokers,s3,services' },
  ...{ batchWindow: '5', replayDelaySeconds: '0' },
};

/** Settings in provisioned mode, where a batch is given up after one retry. */
const provisioned: Settings = {
  ...onDemand,
  ...{ provisionedPollers: '{"min":1,"max":1}', retryAttempts: '1' },
};

function deploy(settings: Settings, stack = '{stack}'): Command {
  const context = Object.entries({ stackName: stack, ...settings });
  const flags = context.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return run('cdk', `deploy ${stack} --require-approval never`, ...flags);
}

/** Deploys the stack in provisioned mode. */
export const deployProvisioned = (more: Settings = {}) => deploy({ ...provisioned, ...more });

/** Deploys the stack on demand. */
export const deployOnDemand = (more: Settings) => deploy({ ...onDemand, ...more });

/** Deploys the stack that delivers through Firehose, on demand. */
export const deployStream = deploy(
  {
    ...{ ...onDemand, consumerGroupId: '{stack}-stream', delivery: 'firehose' },
    ...{ timeFolder: 'none', bufferSeconds: '60', objectLockDays: '1' },
  },
  '{stack}-stream',
);

/** Reads the outputs of a stack as values whose names begin with a prefix; the mapping is `Mapping`. */
export function outputs(stack = '{stack}', prefix = ''): Action {
  return ask(
    'outputs',
    `cloudformation describe-stacks --stack-name ${stack}`,
    'Stacks[0].Outputs[].[OutputKey,OutputValue]',
    {
      isSecret: true,
      save: (fact) =>
        Object.fromEntries(
          Object.entries(saveOutputs(fact)).map(([name, value]) => [
            `${prefix}${name.startsWith('KafkaTriggerMappingId') ? 'Mapping' : name}`,
            value,
          ]),
        ),
    },
  );
}

/** Asks for a part of the mapping. */
export const mapping = (name: string, query: string, more: Partial<Action> = {}) =>
  ask(name, 'lambda get-event-source-mapping --uuid {Mapping}', query, more);

/** Waits until the mapping is Enabled. */
export const enabled = mapping(
  'mapping',
  '[State,LastProcessingResult,FunctionArn,ProvisionedPollerConfig]',
  { until: (fact) => listOf(fact)[0] === 'Enabled', minutes: 20 },
);

/** Produces records, given as key and value, of which either may be null. */
export const produce = (
  ...records: readonly (readonly [key: string | null, value: string | null])[]
) => run('kafka', 'produce {brokers} {topic}', JSON.stringify(records));

/** Produces one record. */
export const produceOne = produce(['k', '{"order":1}']);

/** Whether a query found anything. */
export const isFound = (fact: unknown) => listOf(fact).length > 0;

/** Lists the keys in a bucket. */
export const keys = (name: string, bucket: string, more: Partial<Action> = {}) =>
  ask(name, `s3api list-objects-v2 --bucket {${bucket}}`, 'Contents[].Key', more);

/** Waits until a bucket has more keys than an earlier action found. */
export const moreKeys = (name: string, bucket: string, than: string, more: Partial<Action> = {}) =>
  keys(name, bucket, {
    until: (fact, seen) => listOf(fact).length > listOf(seen[than]?.fact).length,
    ...more,
  });

/** Denies the archive function, and the pollers that use its role, to write into these buckets. */
export function denyPuts(...buckets: readonly string[]): Action {
  const Resource = buckets.map((bucket) => `arn:{partition}:s3:::{${bucket}}/*`);
  const Statement = [{ Effect: 'Deny', Action: 's3:PutObject', Resource }];
  return {
    name: 'deny the PUTs',
    command: aws(`iam put-role-policy --role-name {ArchiveRole} --policy-name ${OUTAGE_POLICY}`, {
      'policy-document': { Version: '2012-10-17', Statement },
    }),
  };
}

/**
 * Lists the combinations of dimensions, as lists of names, with which Lambda emits a metric of the mapping or of the
 * function. CloudWatch returns each combination that contains the dimension, such as FunctionName and Resource.
 */
export function dimensions(
  name: string,
  of: 'mapping' | 'function',
  more: Partial<Action> = {},
): Action {
  const dimension =
    of === 'mapping'
      ? 'Name=EventSourceMappingUUID,Value={Mapping}'
      : 'Name=FunctionName,Value={ArchiveFunctionName}';
  return ask(
    `${name} by ${of}`,
    `cloudwatch list-metrics --namespace AWS/Lambda --metric-name ${name} --dimensions ${dimension}`,
    'Metrics[*].Dimensions[*].Name',
    more,
  );
}

/** Whether {@link dimensions} found the metric with the dimension alone, whatever other combinations exist. */
export const isAlone = (fact: unknown) => listOf(fact).some((names) => names.length === 1);

/** Lets or forbids CloudFormation to update the mappings. */
export function allowMappingUpdates(isAllowed: boolean): Action {
  const rule = (Effect: string, Resource: string) => ({
    ...{ Effect, Resource, Action: 'Update:*', Principal: '*' },
  });
  const deny = isAllowed ? [] : [rule('Deny', 'LogicalResourceId/KafkaTriggerMapping*')];
  return {
    name: `${isAllowed ? 'allow' : 'forbid'} updates of the mapping`,
    command: aws('cloudformation set-stack-policy --stack-name {stack}', {
      'stack-policy-body': { Statement: [rule('Allow', '*'), ...deny] },
    }),
  };
}

/** Where a query of Athena runs. */
export const inCatalog = {
  'work-group': '{WorkgroupName}',
  'query-execution-context': { Database: '{CatalogDatabaseName}' },
};

const reader = sessionOf('--policy-arns', 'arn={ReaderPolicyArn}');

/** Starts a query with the permissions of a reader alone. Its id becomes the value `Query-NAME`. */
export function asReader(
  name: string,
  operation: string,
  flags: Readonly<Record<string, unknown>>,
): Action {
  const command = aws(`athena ${operation}`, { ...flags, query: 'QueryExecutionId' });
  return {
    ...{ name, command: { ...command, session: reader }, isSecret: true },
    save: (fact) => ({ [`Query-${name}`]: String(fact) }),
  };
}

/** Waits until a query of {@link asReader} has ended. */
export function queryState(name: string, of: string): Action {
  const words = `athena get-query-execution --query-execution-id {Query-${of}}`;
  const command = aws(words, { query: 'QueryExecution.Status.State' });
  return {
    ...{ name, command: { ...command, session: reader } },
    until: (fact) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(String(fact)),
  };
}

/** The first column of the result of a query of {@link asReader}, the header included. */
export function queryRows(name: string, of: string): Action {
  const words = `athena get-query-results --query-execution-id {Query-${of}}`;
  const command = aws(words, { query: 'ResultSet.Rows[].Data[0].VarCharValue' });
  return { name, command: { ...command, session: reader } };
}
