import { Aws, type Size, Stack, Validations } from 'aws-cdk-lib';
import * as athena from 'aws-cdk-lib/aws-athena';
import * as glue from 'aws-cdk-lib/aws-glue';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { CatalogLayout } from '../../lambda/contract.ts';
import { archiveName } from '../archive-name.ts';
import { catalogQueries } from './saved-queries.ts';
import { type CatalogTable, lineTables } from './tables.ts';
import type { TypedColumns } from './typed-columns.ts';
import { catalogViews } from './views.ts';

/** Props of a {@link Catalog}. */
export interface CatalogProps {
  readonly bucket: s3.IBucket;
  /** The current layout, and then the earlier ones. */
  readonly layouts: readonly CatalogLayout[];
  /** The topics that have a view of their own. */
  readonly topics: readonly string[];
  /** The first `dt`, as `YYYY-MM-DD`. */
  readonly from: string;
  /** Name of the database. @default - the archive's name in lower case, with '_' for '-' */
  readonly database?: string;
  /** By topic. @default - none */
  readonly columns?: Readonly<Record<string, TypedColumns>>;
  /** The size of the objects that one query may read. */
  readonly scanLimit: Size;
  /** The key that encrypts the results of queries. @default - a key that Athena owns */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Tables and views over the archive in Glue's catalog, and an Athena workgroup with saved queries. None of it holds
 * records: CloudFormation may replace or delete all of it.
 *
 * With Lake Formation's default settings, IAM alone controls access to the database:
 * https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
 */
export class Catalog extends Construct {
  public readonly databaseName: string;
  public readonly workgroupName: string;

  constructor(scope: Construct, id: string, props: CatalogProps) {
    super(scope, id);

    this.databaseName = props.database ?? databaseNameOf(archiveName(this));
    this.workgroupName = archiveName(this);
    this.createTables(props);
    this.createWorkgroup(props);
  }

  private createTables({ bucket, columns = {}, from, layouts, topics }: CatalogProps): void {
    const database = new glue.CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: {
        name: this.databaseName,
        description: `The archive of Kafka topics ${archiveName(this)}`,
      },
    });
    // Named after the table: if the order of topics swaps two names of views, both are updated in place.
    const create = ({ input, name }: CatalogTable): glue.CfnTable =>
      new glue.CfnTable(this, `Table-${name}`, {
        ...{ catalogId: Aws.ACCOUNT_ID, databaseName: database.ref, tableInput: input },
      });
    const views = catalogViews({ database: this.databaseName, layouts, topics, columns });
    let below = lineTables({ bucketName: bucket.bucketName, layouts, from }).map(create);
    for (const view of views) {
      const table = create(view);
      for (const each of below) table.addResourceDependency(each);
      // Views of topics select from the last of these.
      if (view.name === 'archive' || view.name.startsWith('archive_')) below = [table];
    }
  }

  /**
   * Athena keeps the results for a day, encrypted and without a bucket. ASSUMED: CloudFormation creates such a
   * workgroup in every region, also with a key whose policy does not admit Athena yet, which then fails the queries.
   * https://docs.aws.amazon.com/athena/latest/ug/managed-results.html
   */
  private createWorkgroup({ encryptionKey, scanLimit }: CatalogProps): void {
    const workgroup = new athena.CfnWorkGroup(this, 'Workgroup', {
      name: this.workgroupName,
      description: `Queries of the archive ${archiveName(this)}`,
      // Athena deletes no workgroup that has saved queries otherwise.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        bytesScannedCutoffPerQuery: scanLimit.toBytes(),
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        managedQueryResultsConfiguration: {
          enabled: true,
          ...(encryptionKey && { encryptionConfiguration: { kmsKey: encryptionKey.keyArn } }),
        },
      },
    });
    Validations.of(workgroup).acknowledge({
      id: 'AwsSolutions-ATH1',
      reason: 'Athena encrypts managed query results, which the rule does not know',
    });
    for (const { description, name, sql } of catalogQueries()) {
      new athena.CfnNamedQuery(this, `Query-${name}`, {
        ...{ name, description, queryString: sql },
        database: this.databaseName,
        workGroup: workgroup.ref,
      });
    }
  }
}

/** The name of the database of an archive, unless another is given. */
function databaseNameOf(archive: string): string {
  return archive.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
}

/** The ARN of the workgroup of the archive that contains a construct. */
export function workgroupArn(scope: Construct): string {
  return Stack.of(scope).formatArn({
    ...{ service: 'athena', resource: 'workgroup', resourceName: archiveName(scope) },
  });
}
