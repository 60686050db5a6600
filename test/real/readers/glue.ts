import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ArchiveStack } from '../../../lib/archive-stack.ts';
import { parse } from '../../lib/settings-fixture.ts';

/**
 * Creates the tables and views of a stack in the database `archive` of a Glue, as the stack's template has them, with the
 * name of a bucket in place of its reference.
 *
 * @param endpoint of Glue
 * @param settings of the stack
 */
export async function createTables(
  endpoint: string,
  bucket: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const parsed = parse({ ...settings, catalogDatabase: 'archive' });
  const stack = new ArchiveStack(new App(), parsed.stackName, { settings: parsed });
  const tables = Template.fromStack(stack).findResources('AWS::Glue::Table');
  const named = JSON.parse(JSON.stringify(tables), (_, value) => {
    if (value?.Ref === 'ArchiveBucket') return bucket;
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
