import { Duration, Size } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type CatalogLayout, LAYOUTS_FILE, type LogLevel } from '../../lambda/contract.ts';
import { catalogCheckEnvironment } from '../../lambda/environment.ts';
import { archiveName } from '../archive-name.ts';
import { BundledFunction } from '../functions/bundled-function.ts';

/** Props of a {@link CatalogCheck}. */
export interface CatalogCheckProps {
  readonly bucket: s3.IBucket;
  /** The layouts of the tables, of which the first is the current one. */
  readonly layouts: readonly CatalogLayout[];
  /** The first `dt` of the tables, as `YYYY-MM-DD`. */
  readonly from: string;
  readonly logLevel: LogLevel;
  /** The key that encrypts the log. @default - the key of CloudWatch Logs */
  readonly encryptionKey?: kms.IKey;
}

/** The Lambda that finds folders which no table covers, once a day. It may list the archive bucket and nothing else. */
export class CatalogCheck extends BundledFunction {
  constructor(scope: Construct, id: string, props: CatalogCheckProps) {
    const { bucket, from, layouts, logLevel } = props;
    super(scope, id, {
      entry: 'catalog-check',
      file: { name: LAYOUTS_FILE, text: JSON.stringify(layouts) },
      description: 'Finds folders of the archive that no table of the catalog covers',
      roleDescription: 'Catalog check: lists folders of the archive bucket, writes its log',
      memory: Size.mebibytes(256),
      timeout: Duration.minutes(5),
      encryptionKey: props.encryptionKey,
      environment: catalogCheckEnvironment.encode({
        ...{ archiveBucket: bucket.bucketName, catalogFrom: from, logLevel },
        serviceName: archiveName(scope),
      }),
    });
    this.role.addToPolicy(
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
    );
    new events.Rule(this, 'Daily', {
      description: `Checks the catalog of ${archiveName(scope)} once a day`,
      schedule: events.Schedule.rate(Duration.days(1)),
      targets: [new targets.LambdaFunction(this.function)],
    });
  }
}
