import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMappingClients } from '../../../cli/mapping/clients.ts';
import { findMapping } from '../../../cli/mapping/find-mapping.ts';
import { createMappings } from '../../../cli/mapping/mappings.ts';
import { failureOf } from '../replay/replay-servers.ts';
import { ordersMapping, uuid } from '../reset/reset-console.ts';
import { describedStack, noStack, type StackOutput, startStacks } from '../stacks-server.ts';
import { type FakeMapping, startLambda } from './lambda-server.ts';

const other = '11111111-2222-3333-4444-555555555555';

/** Lambda with these mappings, and CloudFormation with a stack of these outputs, or none. */
async function startAws(mappings: readonly FakeMapping[], outputs?: readonly StackOutput[]) {
  await startStacks(outputs === undefined ? noStack : describedStack(outputs));
  const lambda = await startLambda({ mappings });
  const aws = { region: 'eu-west-1', lambdaEndpoint: lambda.endpoint };
  const clients = createMappingClients(aws, process.env);
  onTestFinished(() => {
    clients.destroy();
    lambda.close();
  });
  const calls = { signal: new AbortController().signal, attemptTimeout: 10_000 };
  const access = { mappings: createMappings(clients.lambda), calls };
  return { journal: lambda.journal, access: { ...access, cloudFormation: clients.cloudFormation } };
}

const found = {
  ...{ uuid, topics: ['orders'], group: 'shop-orders', state: 'Enabled' },
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:archive:7',
  clusterArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-1',
  usesIam: true,
  isProvisioned: false,
  ...{ bootstrapServers: [], usesRegistry: false, start: 'earliest', filters: [] },
};
const byStack = { by: 'stack', stack: 'Shop' } as const;
const byFunction = { by: 'function', name: 'archive' } as const;

const ofOrders: StackOutput = {
  ...{ name: 'KafkaTriggerMappingIdorders0A1B2C3D', value: uuid },
  description: 'Event source mapping of the topic orders',
};
const ofFunction: StackOutput = { name: 'ArchiveFunctionName', value: 'archive' };

describe('the mapping', () => {
  it('is the one that the stack lists for the topic', async () => {
    const { access, journal } = await startAws([ordersMapping()], [ofFunction, ofOrders]);
    expect(await findMapping('orders', byStack, access)).toEqual(found);
    expect(journal).toEqual(['GET Enabled']);
  });

  it('is that of the named archive of a stack with several', async () => {
    const outputs = [ofFunction, ofOrders].map(({ name, ...rest }) => ({
      ...{ name: `Shop2${name}`, ...rest },
    }));
    const { access } = await startAws(
      [ordersMapping()],
      [ofFunction, { ...ofOrders, value: 'another' }, ...outputs],
    );
    const given = { ...byStack, archive: 'Shop2' };
    expect(await findMapping('orders', given, access)).toEqual(found);
  });

  it('does not exist for a topic that the stack does not archive', async () => {
    const { access } = await startAws([ordersMapping()], [ofFunction, ofOrders]);
    expect(await failureOf(findMapping('refunds', byStack, access))).toBe(
      "stack 'Shop' does not archive the topic 'refunds'; its topics: 'orders'",
    );
  });

  it('is the one that invokes the function of a stack without such outputs', async () => {
    const { access, journal } = await startAws([ordersMapping()], [ofFunction]);
    expect(await findMapping('orders', byStack, access)).toEqual(found);
    expect(journal).toEqual(['LIST archive', 'LIST all']);
  });

  it('does not exist for a missing stack or a stack that is not an archive', async () => {
    const nothing = await startAws([]);
    expect(await failureOf(findMapping('orders', byStack, nothing.access))).toBe(
      "stack 'Shop' does not exist in eu-west-1: pass another --stack or --region, or --mapping, --function or --no-mapping",
    );
    const foreign = await startAws([], [{ name: 'Else', value: 'x' }]);
    expect(await failureOf(findMapping('orders', byStack, foreign.access))).toBe(
      "stack 'Shop' does not archive the topic 'orders'; its topics: none",
    );
  });

  it.each<[string, FakeMapping, string]>([
    ['a version', ordersMapping(), uuid],
    ['an alias', ordersMapping({ FunctionArn: 'arn:aws:lambda:r:1:function:archive:live' }), uuid],
    ['the latest', ordersMapping({ FunctionArn: 'arn:aws:lambda:r:1:function:archive' }), uuid],
  ])('is found by its function: %s', async (_, mapping, expected) => {
    const foreign = ordersMapping({
      ...{ UUID: other, FunctionArn: 'arn:aws:lambda:r:1:function:archive-2:7' },
    });
    const { access } = await startAws([foreign, mapping]);
    expect((await findMapping('orders', byFunction, access)).uuid).toBe(expected);
  });

  it('must be the only one of the topic', async () => {
    const none = await startAws([ordersMapping({ Topics: ['refunds'] })]);
    expect(await failureOf(findMapping('orders', byFunction, none.access))).toBe(
      "no event source mapping of the topic 'orders' invokes the function 'archive'",
    );
    const two = await startAws([ordersMapping(), ordersMapping({ UUID: other })]);
    expect(await failureOf(findMapping('orders', byFunction, two.access))).toBe(
      `several event source mappings read the topic 'orders': pass one of them as --mapping: ${uuid}, ${other}`,
    );
    const byUuid = { by: 'uuid', name: uuid } as const;
    expect(await failureOf(findMapping('refunds', byUuid, two.access))).toBe(
      `event source mapping ${uuid} reads the topic 'orders', not 'refunds'`,
    );
    const gone = { by: 'uuid', name: uuid.replace('0', '1') } as const;
    expect(await failureOf(findMapping('orders', gone, two.access))).toBe(
      `reading the event source mapping ${gone.name} failed: ResourceNotFoundException, HTTP 404: The resource you requested does not exist.`,
    );
  });

  it.each<[string, Partial<FakeMapping>, string]>([
    ['its own, of MSK', {}, 'shop-orders'],
    [
      'its own, of a self-managed cluster',
      {
        AmazonManagedKafkaEventSourceConfig: undefined,
        SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'own' },
      },
      'own',
    ],
    ['named after the mapping', { AmazonManagedKafkaEventSourceConfig: undefined }, uuid],
  ])('has the group %s', async (_, given, group) => {
    const { access } = await startAws([ordersMapping(given)]);
    expect((await findMapping('orders', { by: 'uuid', name: uuid }, access)).group).toBe(group);
  });

  it.each<[string, Partial<FakeMapping>, boolean]>([
    ['pollers', { ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 4 } }, true],
    ['none', {}, false],
    ['null', { ProvisionedPollerConfig: null }, false],
  ])('is in provisioned mode or not: %s', async (_, given, isProvisioned) => {
    const { access } = await startAws([ordersMapping(given)]);
    const mapping = await findMapping('orders', { by: 'uuid', name: uuid }, access);
    expect(mapping.isProvisioned).toBe(isProvisioned);
  });

  it.each<[string, Partial<FakeMapping>, boolean]>([
    ['MSK without a secret', {}, true],
    [
      'MSK with a secret for SCRAM',
      { SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH', URI: 'arn:aws:x' }] },
      false,
    ],
    [
      'MSK with mutual TLS',
      { SourceAccessConfigurations: [{ Type: 'CLIENT_CERTIFICATE_TLS_AUTH', URI: 'arn:aws:x' }] },
      false,
    ],
    ['a self-managed cluster', { EventSourceArn: undefined }, false],
  ])('signs in with IAM or not: %s', async (_, given, usesIam) => {
    const { access } = await startAws([ordersMapping(given)]);
    const mapping = await findMapping('orders', { by: 'uuid', name: uuid }, access);
    expect(mapping.usesIam).toBe(usesIam);
  });

  it.each<[string, Partial<FakeMapping>, object]>([
    ['the beginning', { StartingPosition: 'TRIM_HORIZON' }, { start: 'earliest' }],
    ['the end', { StartingPosition: 'LATEST' }, { start: 'latest' }],
    [
      'a time',
      { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_763_895_200 },
      { start: 1_763_895_200 },
    ],
    [
      'filters',
      { FilterCriteria: { Filters: [{ Pattern: '{"value":{"kind":["order"]}}' }] } },
      { filters: [{ value: { kind: ['order'] } }] },
    ],
    [
      'a registry',
      {
        AmazonManagedKafkaEventSourceConfig: {
          ConsumerGroupId: 'g',
          SchemaRegistryConfig: { SchemaRegistryURI: 'https://registry' },
        },
      },
      { usesRegistry: true },
    ],
    [
      'brokers of its own',
      {
        EventSourceArn: undefined,
        SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['b:9092'] } },
      },
      { bootstrapServers: ['b:9092'] },
    ],
  ])('has %s', async (_, given, expected) => {
    const { access } = await startAws([ordersMapping(given)]);
    expect(await findMapping('orders', { by: 'uuid', name: uuid }, access)).toMatchObject(expected);
  });

  it('is found by the outputs of the golden template', async () => {
    const file = join(import.meta.dirname, '..', '..', 'fixtures', 'lib', 'msk.template.json');
    const { Outputs } = JSON.parse(readFileSync(file, 'utf8'));
    const outputs = Object.entries<{ readonly Description?: string }>(Outputs).map(
      ([name, { Description: description = '' }]) => ({ name, value: uuid, description }),
    );
    const { access } = await startAws([ordersMapping({ Topics: ['payments'] })], outputs);
    expect((await findMapping('payments', byStack, access)).uuid).toBe(uuid);
  });
});
