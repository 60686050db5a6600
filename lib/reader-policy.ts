import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { archiveName } from './archive-name.ts';
import { workgroupArn } from './catalog/catalog.ts';
import { viaService } from './service-hosts.ts';
import { wildcardFinding } from './wildcard-finding.ts';

/** Props of a {@link ReaderPolicy}. */
export interface ReaderPolicyProps {
  readonly archiveBucket: s3.IBucket;
  /** What keys of archived objects begin with, in every layout. */
  readonly objectPrefixes: readonly string[];
  /** The bucket of the hour records. @default - none */
  readonly derivedBucket?: s3.IBucket;
  readonly databaseName: string;
  /** The key that encrypts the archive and the results of queries. @default - keys that AWS manages */
  readonly encryptionKey?: kms.IKey;
}

/**
 * A managed policy for people who query the archive, which is not attached to any principal. It allows running queries
 * and saved queries in the workgroup and reading their results, the metadata of the database, every archived object and
 * every hour record; nothing else.
 *
 * https://docs.aws.amazon.com/athena/latest/ug/example-policies-workgroup.html
 * https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
 * https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html
 */
export class ReaderPolicy extends Construct {
  public readonly policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, props: ReaderPolicyProps) {
    super(scope, id);

    const glue = (resource: string) => Stack.of(this).formatArn({ service: 'glue', resource });
    const database = glue(`database/${props.databaseName}`);
    const tables = glue(`table/${props.databaseName}/*`);
    const objects = props.objectPrefixes.map((prefix) =>
      props.archiveBucket.arnForObjects(`${prefix}topic=*`),
    );
    // Without the prefixes: the bucket is of this archive alone.
    const hours =
      props.derivedBucket === undefined ? [] : [props.derivedBucket.arnForObjects('hours/*')];
    this.policy = new iam.ManagedPolicy(this, 'Policy', {
      description: `To query ${archiveName(this)}: run queries in its workgroup, read its tables and its objects`,
      statements: [
        ...this.athenaStatements(),
        // Athena looks up the default database for every query, whatever its database.
        allow(
          ['glue:GetDatabase', 'glue:GetDatabases'],
          [glue('catalog'), database, glue('database/default')],
        ),
        allow(
          [
            'glue:BatchGetPartition',
            'glue:GetPartition',
            'glue:GetPartitions',
            'glue:GetTable',
            'glue:GetTables',
          ],
          [glue('catalog'), database, tables],
        ),
        ...bucketStatements(props, objects),
        ...hourStatements(props, hours),
        ...this.keyStatements(props.encryptionKey),
      ],
    });
    const reasons = {
      '*': 'IAM authorizes these actions on no single resource, and they list names',
      [tables]: 'The database holds the tables and views of the archive alone',
      ...Object.fromEntries(
        [...objects, ...hours].map((arn) => [arn, 'The keys depend on the records']),
      ),
    };
    for (const [resource, reason] of Object.entries(reasons)) {
      Validations.of(this.policy).acknowledge({ id: wildcardFinding(this, resource), reason });
    }
  }

  private athenaStatements(): iam.PolicyStatement[] {
    const catalog = { service: 'athena', resource: 'datacatalog', resourceName: 'AwsDataCatalog' };
    return [
      allow(
        [
          'athena:BatchGetNamedQuery',
          'athena:BatchGetQueryExecution',
          'athena:GetNamedQuery',
          'athena:GetQueryExecution',
          'athena:GetQueryResults',
          // The drivers of JDBC and ODBC.
          'athena:GetQueryResultsStream',
          'athena:GetQueryRuntimeStatistics',
          'athena:GetWorkGroup',
          'athena:ListNamedQueries',
          'athena:ListQueryExecutions',
          'athena:StartQueryExecution',
          'athena:StopQueryExecution',
        ],
        [workgroupArn(this)],
      ),
      allow(
        [
          'athena:GetDataCatalog',
          'athena:GetDatabase',
          'athena:GetTableMetadata',
          'athena:ListDatabases',
          'athena:ListTableMetadata',
        ],
        [Stack.of(this).formatArn(catalog)],
      ),
      // The console chooses from these lists.
      allow(['athena:ListDataCatalogs', 'athena:ListWorkGroups'], ['*']),
    ];
  }

  /**
   * ASSUMED: for results, Athena uses the key with the reader's credentials in the encryption context that it documents
   * for its own: https://docs.aws.amazon.com/athena/latest/ug/managed-results.html
   */
  private keyStatements(key: kms.IKey | undefined): iam.PolicyStatement[] {
    if (key === undefined) return [];
    const { keyArn } = key;
    const { region } = Stack.of(this);
    return [
      allow(['kms:Decrypt'], [keyArn], {
        StringEquals: { 'kms:ViaService': viaService(this, region, ['s3']) },
      }),
      // https://docs.aws.amazon.com/athena/latest/ug/encrypting-managed-results.html
      allow(['kms:Decrypt', 'kms:GenerateDataKey'], [keyArn], {
        StringEquals: { 'kms:EncryptionContext:aws:athena:arn': workgroupArn(this) },
      }),
      allow(['kms:DescribeKey'], [keyArn]),
    ];
  }
}

function bucketStatements(
  { archiveBucket, objectPrefixes }: ReaderPolicyProps,
  objects: string[],
): iam.PolicyStatement[] {
  const { bucketArn } = archiveBucket;
  const prefixes = objectPrefixes.map((prefix) => `${prefix}*`);
  return [
    allow(['s3:GetBucketLocation'], [bucketArn]),
    allow(
      ['s3:ListBucket'],
      [bucketArn],
      prefixes.includes('*') ? undefined : { StringLike: { 's3:prefix': prefixes } },
    ),
    allow(['s3:GetObject'], objects),
  ];
}

function hourStatements(
  { derivedBucket }: ReaderPolicyProps,
  hours: string[],
): iam.PolicyStatement[] {
  if (derivedBucket === undefined) return [];
  return [
    allow(['s3:ListBucket'], [derivedBucket.bucketArn], { StringLike: { 's3:prefix': 'hours/*' } }),
    allow(['s3:GetObject'], hours),
  ];
}

function allow(
  actions: string[],
  resources: string[],
  conditions?: Record<string, Record<string, unknown>>,
): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions, resources, conditions });
}
