import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { LAYOUTS_FILE } from '../../../lambda/contract.ts';
import { ArchiveStack } from '../../../lib/archive-stack.ts';
import { catalogQueries } from '../../../lib/catalog/saved-queries.ts';
import { parse } from '../settings-fixture.ts';
import {
  bareStack,
  propertiesOf,
  type Resource,
  resourceById,
  resourcesOf,
  SYNTH_TIMEOUT_MS,
} from '../synthesize.ts';

const TABLE = 'AWS::Glue::Table';
const BUCKET = { 'Fn::GetAtt': ['ArchiveBucket', 'Arn'] };
const account = 'eu-west-1:111122223333';

function stackOf(settings: Record<string, unknown> = {}): Stack {
  return new ArchiveStack(bareStack(), 'KafkaArchive', { settings: parse(settings) });
}

const templateOf = (settings?: Record<string, unknown>) => Template.fromStack(stackOf(settings));

interface TableInput {
  readonly Name: string;
  readonly Parameters: Readonly<Record<string, string>>;
}

const inputOf = ({ Properties }: Resource) => Properties.TableInput as TableInput;

/** The tables and views by name. */
function tablesOf(template: Template): Readonly<Record<string, Resource>> {
  const tables = Object.values(resourcesOf(template, TABLE));
  return Object.fromEntries(tables.map((table) => [inputOf(table).Name, table]));
}

const statementsOf = ({ Properties }: Resource): unknown[] =>
  (Properties.PolicyDocument as { Statement: unknown[] }).Statement;

const catalogTypes = /^AWS::(?:Glue|Athena|Events)::/;
const typesOf = (template: Template): string[] => {
  const resources: Record<string, Resource> = template.toJSON().Resources;
  return Object.values(resources).map(({ Type }) => Type);
};

describe('the catalog', { timeout: SYNTH_TIMEOUT_MS }, () => {
  let template: Template;

  beforeAll(() => {
    template = templateOf({
      ...{ topics: 'orders, payments', catalogTopics: 'refunds', queryScanLimitGiB: 5 },
      catalogLayouts: [{ objectPrefix: 'old/', timeFolder: 'none', topics: ['orders'] }],
    });
  }, SYNTH_TIMEOUT_MS);

  it('has a database that is named after the archive, with tables and views of every layout', () => {
    expect(propertiesOf(template, 'AWS::Glue::Database').DatabaseInput).toEqual({
      Name: 'kafkaarchive',
      Description: 'The archive of Kafka topics KafkaArchive',
    });
    const tables = tablesOf(template);
    expect(Object.keys(tables)).toEqual([
      ...['archive_lines', 'archive_undated', 'archive_lines_2'],
      ...['archive_all', 'archive_once', 'archive', 'orders', 'payments'],
    ]);
    for (const { Properties } of Object.values(tables)) {
      expect(Properties.CatalogId).toEqual({ Ref: 'AWS::AccountId' });
      expect(Properties.DatabaseName).toEqual({ Ref: 'CatalogDatabaseE63956BB' });
    }
    const topics = Object.entries(tables).map(([name, table]) => [
      name,
      inputOf(table).Parameters['projection.topic.values'],
    ]);
    expect(Object.fromEntries(topics)).toMatchObject({
      ...{ archive_lines: 'orders,payments,refunds', archive_lines_2: 'orders' },
    });
  });

  it('has a view of a topic that is no longer archived, if the topic has columns', () => {
    const viewsOf = (settings: Record<string, unknown>) =>
      Object.entries(tablesOf(templateOf(settings)))
        .slice(5)
        .map(([name, table]) => [name, inputOf(table)]);
    const columns = { orders: { total: { path: '$.total', type: 'double' } }, refunds: {} };
    const before = viewsOf({ topics: 'payments, orders, refunds', columns });
    expect(before.map(([name]) => name)).toEqual(['payments', 'orders', 'refunds']);
    const catalogTopics = 'orders, refunds, invoices';
    expect(viewsOf({ topics: 'payments', catalogTopics, columns })).toEqual(before);
  });

  it('creates a view after those that it selects from', () => {
    const names = new Map(
      Object.entries(resourcesOf(template, TABLE)).map(([id, table]) => [id, inputOf(table).Name]),
    );
    const below = Object.fromEntries(
      Object.entries(tablesOf(template)).map(([name, { DependsOn = [] }]) => [
        name,
        DependsOn.map((id) => names.get(id)).sort(),
      ]),
    );
    expect(below).toMatchObject({
      archive_all: ['archive_lines', 'archive_lines_2', 'archive_undated'],
      ...{ archive_once: ['archive_all'], archive: ['archive_once'] },
      ...{ orders: ['archive'], payments: ['archive'] },
    });
  });

  it('has a workgroup with a limit, managed results, and the saved queries', () => {
    expect(propertiesOf(template, 'AWS::Athena::WorkGroup')).toEqual({
      Name: 'KafkaArchive',
      Description: 'Queries of the archive KafkaArchive',
      RecursiveDeleteOption: true,
      Tags: [{ Key: 'project', Value: 'msk-s3-archiver' }],
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 5 * 2 ** 30,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ManagedQueryResultsConfiguration: { Enabled: true },
      },
    });
    const queries = Object.values(resourcesOf(template, 'AWS::Athena::NamedQuery'));
    expect(queries.map(({ Properties }) => Properties)).toEqual(
      catalogQueries().map(({ description, name, sql }) => ({
        ...{ Name: name, Description: description, QueryString: sql },
        ...{ Database: 'kafkaarchive', WorkGroup: { Ref: 'CatalogWorkgroupB2972C84' } },
      })),
    );
  });

  it('allows a reader only these actions', () => {
    const objects = (prefix: string) => ({ 'Fn::Join': ['', [BUCKET, `/${prefix}topic=*`]] });
    const allow = (Action: unknown, Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
    const glue = (resource: string) => `arn:aws:glue:${account}:${resource}`;
    const database = glue('database/kafkaarchive');
    expect(statementsOf(resourceById(template, 'ReaderPolicyE36521DA'))).toEqual([
      allow(
        [
          'athena:BatchGetNamedQuery',
          'athena:BatchGetQueryExecution',
          'athena:GetNamedQuery',
          'athena:GetQueryExecution',
          'athena:GetQueryResults',
          'athena:GetQueryResultsStream',
          'athena:GetQueryRuntimeStatistics',
          'athena:GetWorkGroup',
          'athena:ListNamedQueries',
          'athena:ListQueryExecutions',
          'athena:StartQueryExecution',
          'athena:StopQueryExecution',
        ],
        `arn:aws:athena:${account}:workgroup/KafkaArchive`,
      ),
      allow(
        [
          'athena:GetDataCatalog',
          'athena:GetDatabase',
          'athena:GetTableMetadata',
          'athena:ListDatabases',
          'athena:ListTableMetadata',
        ],
        `arn:aws:athena:${account}:datacatalog/AwsDataCatalog`,
      ),
      allow(['athena:ListDataCatalogs', 'athena:ListWorkGroups'], '*'),
      allow(
        ['glue:GetDatabase', 'glue:GetDatabases'],
        [glue('catalog'), glue('database/default'), database],
      ),
      allow(
        [
          'glue:BatchGetPartition',
          'glue:GetPartition',
          'glue:GetPartitions',
          'glue:GetTable',
          'glue:GetTables',
        ],
        [glue('catalog'), database, glue('table/kafkaarchive/*')],
      ),
      allow('s3:GetBucketLocation', BUCKET),
      {
        ...allow('s3:ListBucket', BUCKET),
        Condition: { StringLike: { 's3:prefix': ['example/*', 'old/*'] } },
      },
      allow('s3:GetObject', [objects('example/'), objects('old/')]),
    ]);
  });

  it('is checked daily by a function that may list the bucket, and knows the layouts', () => {
    const [[id = '', check] = []] = Object.entries(
      resourcesOf(template, 'AWS::Lambda::Function'),
    ).filter(([each]) => each.startsWith('CatalogCheck'));
    expect(check?.Properties).toMatchObject({
      ...{ MemorySize: 256, Timeout: 300, Handler: 'index.handler', Runtime: 'nodejs24.x' },
      Environment: {
        Variables: {
          ...{ ARCHIVE_BUCKET: { Ref: 'ArchiveBucket' }, CATALOG_FROM: '2020-01-01' },
          ...{ POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_SERVICE_NAME: 'KafkaArchive' },
        },
      },
    });
    const logGroup = { 'Fn::GetAtt': ['CatalogCheckLogGroupA39B8E06', 'Arn'] };
    expect(statementsOf(resourceById(template, 'CatalogCheckRoleDefaultPolicy00844D89'))).toEqual([
      {
        ...{ Effect: 'Allow', Resource: logGroup },
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: BUCKET },
    ]);
    expect(propertiesOf(template, 'AWS::Events::Rule')).toMatchObject({
      ...{ ScheduleExpression: 'rate(1 day)', State: 'ENABLED' },
      Targets: [{ Arn: { 'Fn::GetAtt': [id, 'Arn'] } }],
    });
  });

  it('deploys the layouts beside the bundle of its check', () => {
    const stack = stackOf({ catalogTopics: 'refunds' });
    const [asset] = stack.node
      .findAll()
      .flatMap((node) => (node.node.path.includes('CatalogCheck/Function/Code') ? [node] : []));
    const { assetPath = '' } = asset as unknown as { assetPath?: string };
    const { outdir } = stack.node.root as unknown as { outdir: string };
    const layouts = readFileSync(join(outdir, assetPath, LAYOUTS_FILE), 'utf8');
    expect(JSON.parse(layouts)).toEqual([
      { objectPrefix: 'example/', timeFolder: 'hour', topics: ['orders', 'refunds'] },
    ]);
  });

  it('has outputs for the analyst', () => {
    const { Outputs } = template.toJSON();
    expect(Outputs).toMatchObject({
      CatalogDatabaseName: { Value: 'kafkaarchive' },
      WorkgroupName: { Value: 'KafkaArchive' },
      ReaderPolicyArn: { Value: { Ref: 'ReaderPolicyE36521DA' } },
      CatalogCheckLogGroupName: { Value: { Ref: 'CatalogCheckLogGroupA39B8E06' } },
    });
  });

  it('has another name, and a reader who lists everything, if the settings say so', () => {
    const other = templateOf({ catalogDatabase: 'shop', objectPrefix: '' });
    expect(propertiesOf(other, 'AWS::Glue::Database').DatabaseInput).toMatchObject({
      Name: 'shop',
    });
    expect(statementsOf(resourceById(other, 'ReaderPolicyE36521DA'))).toContainEqual({
      ...{ Effect: 'Allow', Action: ['s3:GetBucketLocation', 's3:ListBucket'], Resource: BUCKET },
    });
  });

  it('encrypts results with the key', () => {
    const { WorkGroupConfiguration } = propertiesOf(
      templateOf({ encryptionKey: 'stack' }),
      'AWS::Athena::WorkGroup',
    );
    expect(WorkGroupConfiguration).toMatchObject({
      ManagedQueryResultsConfiguration: {
        EncryptionConfiguration: { KmsKey: { 'Fn::GetAtt': ['EncryptionKey1B843E66', 'Arn'] } },
      },
    });
  });

  it('can be left out, with everything that belongs to it', () => {
    const without = templateOf({ catalog: false, encryptionKey: 'stack' });
    expect(typesOf(without).filter((type) => catalogTypes.test(type))).toEqual([]);
    const text = JSON.stringify(without.toJSON());
    for (const word of ['CatalogCheck', 'ReaderPolicy', 'uncovered-folders', 'athena']) {
      expect(text).not.toContain(word);
    }
  });

  it('of the most topics and layouts fits into a template, with every alarm and names of 80 characters', () => {
    const named = (count: number, length: number) =>
      Array.from({ length: count }, (_, index) => `${'t'.repeat(length - 3)}${100 + index}`);
    const topics = named(50, 80);
    const columns = Object.fromEntries(
      topics.map((topic) => [topic, { total: { path: '$.order.total', type: 'decimal(12,2)' } }]),
    );
    const most = templateOf({
      ...{ topics, columns, catalogTopics: named(100, 81) },
      catalogLayouts: Array.from({ length: 5 }, (_, index) => ({
        ...{ objectPrefix: `${index}/`, timeFolder: 'hour' },
      })),
      ...{ provisionedPollers: {}, encryptionKey: 'stack', expectedTrafficMinutes: 60 },
    });
    const { length } = Buffer.from(JSON.stringify(most.toJSON()));
    expect(typesOf(most).length).toBeLessThan(500);
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    expect(length).toBeLessThan(1_000_000);
  });
});
