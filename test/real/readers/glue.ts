import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { CatalogTable } from '../../../lib/catalog/tables.ts';

/**
 * Creates tables in the database `archive` of a Glue as the CDK synthesises them, with the name of the bucket in place of
 * its reference.
 *
 * @param endpoint of Glue
 * @param tablesOf the tables over a bucket, whose name is a token
 */
export async function createTables(
  endpoint: string,
  bucket: string,
  tablesOf: (bucketName: string) => readonly CatalogTable[],
): Promise<void> {
  const stack = new Stack(new App(), 'Catalog');
  const { ref } = new s3.CfnBucket(stack, 'Bucket');
  for (const { input, name } of tablesOf(ref)) {
    const props = { catalogId: stack.account, databaseName: 'archive', tableInput: input };
    new glue.CfnTable(stack, name, props);
  }
  const tables = Template.fromStack(stack).findResources('AWS::Glue::Table');
  const named = JSON.parse(JSON.stringify(tables), (_, value) => {
    if (value?.Ref === 'Bucket') return bucket;
    return value?.['Fn::Join']?.[1].join(value['Fn::Join'][0]) ?? value;
  });
  for (const { Properties } of Object.values<(typeof tables)[string]>(named)) {
    const { TableInput } = Properties;
    await callGlue(endpoint, 'CreateTable', { DatabaseName: 'archive', TableInput });
  }
}

/** moto finds the service by this; it verifies nothing. */
const authorization =
  'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=0';

/**
 * Calls Glue: https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html
 *
 * @throws {Error} with Glue's message
 */
export async function callGlue(endpoint: string, operation: string, input: object): Promise<void> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `AWSGlue.${operation}`,
      Authorization: authorization,
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${operation}: ${await response.text()}`);
}
