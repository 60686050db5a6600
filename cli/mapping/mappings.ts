import {
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  type LambdaClient,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { AuditTopic } from '../../lambda/contract.ts';
import type { CallOptions } from '../../lambda/core/ports.ts';
import { askAws } from './errors.ts';

/** An event source mapping of a Kafka topic: also where its group started, and its filters. */
export interface Mapping extends Pick<AuditTopic, 'start' | 'filters'> {
  readonly uuid: string;
  readonly topics: readonly string[];
  /** Its consumer group; if it names none, the group's name is the UUID. */
  readonly group: string;
  /** https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html */
  readonly state: string;
  /** Whether it has provisioned pollers, which are charged by time. Otherwise it is in on-demand mode. */
  readonly isProvisioned: boolean;
  readonly functionArn: string;
  /** ARN of the MSK cluster. @default - the cluster is self-managed */
  readonly clusterArn: string | undefined;
  /** Brokers of the self-managed cluster, as the mapping names them; empty for MSK. */
  readonly bootstrapServers: readonly string[];
  /** Whether Lambda signs in to the MSK cluster with IAM. */
  readonly usesIam: boolean;
  /** Whether it has a schema registry: what it delivers has other bytes than Kafka's records, without schema ids. */
  readonly usesRegistry: boolean;
}

/** Event source mappings of Lambda. All throw {@link ArchiverError} `LOAD_FAILED` or `STORE_ABORTED`. */
export interface Mappings {
  get(uuid: string, options: CallOptions): Promise<Mapping>;
  /** The mappings of a function and its versions. */
  ofFunction(name: string, options: CallOptions): Promise<readonly Mapping[]>;
  /** Requests the change; the state follows later. */
  setEnabled(uuid: string, enabled: boolean, options: CallOptions): Promise<void>;
}

/** Creates the event source mappings of a client. */
export function createMappings(client: LambdaClient): Mappings {
  const list = (FunctionName: string | undefined, options: CallOptions) => {
    return askAws('listing the event source mappings', options, async ({ abortSignal }) => {
      const found: Mapping[] = [];
      const pages = paginateListEventSourceMappings({ client }, { FunctionName }, { abortSignal });
      for await (const page of pages)
        found.push(...(page.EventSourceMappings ?? []).map(toMapping));
      return found;
    });
  };
  return {
    async get(UUID, options) {
      const command = new GetEventSourceMappingCommand({ UUID });
      const action = `reading the event source mapping ${UUID}`;
      return toMapping(await askAws(action, options, (sent) => client.send(command, sent)));
    },
    async ofFunction(name, options) {
      const named = await list(name, options);
      if (named.length > 0) return named;
      // ASSUMED: a name alone may leave out the mappings of versions, such as ours; not documented.
      const all = await list(undefined, options);
      return all.filter(({ functionArn }) => isFunction(functionArn, name));
    },
    async setEnabled(UUID, Enabled, options) {
      const action = `${Enabled ? 'enabling' : 'disabling'} the event source mapping ${UUID}`;
      const command = new UpdateEventSourceMappingCommand({ UUID, Enabled });
      await askAws(action, options, (sent) => client.send(command, sent));
    },
  };
}

/** Whether an ARN is that of the function, or of one of its versions or aliases. */
function isFunction(arn: string, name: string): boolean {
  const whole = name.startsWith('arn:') ? name : `:function:${name}`;
  return arn.endsWith(whole) || arn.includes(`${whole}:`);
}

function toMapping(given: EventSourceMappingConfiguration): Mapping {
  const { AmazonManagedKafkaEventSourceConfig: msk, SelfManagedKafkaEventSourceConfig: own } =
    given;
  const { EventSourceArn, FunctionArn = '', State = '', Topics = [], UUID = '' } = given;
  const { ProvisionedPollerConfig: pollers, SourceAccessConfigurations: access = [] } = given;
  const { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers = [] } = {} } =
    given.SelfManagedEventSource ?? {};
  const registry = msk?.SchemaRegistryConfig ?? own?.SchemaRegistryConfig;
  return {
    uuid: UUID,
    topics: Topics,
    group: msk?.ConsumerGroupId ?? own?.ConsumerGroupId ?? UUID,
    state: State,
    isProvisioned: pollers !== undefined,
    functionArn: FunctionArn,
    clusterArn: EventSourceArn,
    bootstrapServers,
    start: startOf(given),
    filters: (given.FilterCriteria?.Filters ?? []).map(({ Pattern = '{}' }) => JSON.parse(Pattern)),
    usesRegistry: registry !== undefined,
    // A mapping to MSK without a secret signs in with the function's role: lib/source/kafka-trigger.ts.
    usesIam: EventSourceArn !== undefined && !access.some(({ Type = '' }) => /_AUTH$/.test(Type)),
  };
}

/** Lambda requires a starting position of every mapping of a Kafka topic. */
function startOf(given: EventSourceMappingConfiguration): AuditTopic['start'] {
  const { StartingPosition, StartingPositionTimestamp } = given;
  if (StartingPosition === 'LATEST') return 'latest';
  if (StartingPositionTimestamp === undefined) return 'earliest';
  return StartingPositionTimestamp.getTime() / 1000;
}
