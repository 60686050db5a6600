import type { Runner } from './runner.ts';
import { aws, OUTAGE_POLICY, run, type Thing } from './step.ts';

/** Error codes of something that does not exist (any more). */
const MISSING = [
  'AWS.SimpleQueueService.NonExistentQueue',
  'NoSuchBucket',
  'NoSuchEntity',
  'QueueDoesNotExist',
  'ResourceNotFoundException',
];

type Remover = (name: string, runner: Runner) => Promise<void>;

/**
 * Removes one thing; does nothing if it does not exist.
 *
 * @throws {CommandFailed}
 */
export async function remove({ kind, name }: Thing, runner: Runner): Promise<void> {
  runner.progress(`removing ${kind} ${name}`);
  await removers[kind](name, runner);
}

const removers: Readonly<Record<Thing['kind'], Remover>> = {
  async bucket(name, { expect }) {
    await expect(run('empty-bucket', name), MISSING);
    await expect(aws(`s3api delete-bucket --bucket ${name}`), MISSING);
  },
  async queue(url, { expect }) {
    await expect(aws(`sqs delete-queue --queue-url ${url}`), MISSING);
  },
  async topic(name, { expect }) {
    await expect(run('kafka', `delete-topic {brokers} ${name}`));
  },
  async 'role-policy'(role, { expect }) {
    const command = `iam delete-role-policy --role-name ${role} --policy-name ${OUTAGE_POLICY}`;
    await expect(aws(command), MISSING);
  },
  async mappings(functionName, runner) {
    const list = aws('lambda list-event-source-mappings --event-source-arn {cluster}', {
      query: `EventSourceMappings[?contains(FunctionArn,'function:${functionName}:')].UUID`,
    });
    // Lambda refuses to delete a mapping that is being created or updated.
    await runner.poll(`mappings of ${functionName} to be deleted`, async () => {
      const uuids = ((await runner.expect(list)) ?? []) as readonly string[];
      for (const uuid of uuids) {
        await runner.expect(aws(`lambda delete-event-source-mapping --uuid ${uuid}`), [
          ...MISSING,
          'ResourceInUseException',
        ]);
      }
      return uuids.length === 0;
    });
  },
  async stack(name, runner) {
    await runner.settle(name);
    await runner.expect(aws(`cloudformation delete-stack --stack-name ${name}`));
    await runner.expect(aws(`cloudformation wait stack-delete-complete --stack-name ${name}`));
  },
};

/** The buckets and queues of a stack, which the stack retains when it is deleted. */
export async function retainedBy(stack: string, { expect }: Runner): Promise<readonly Thing[]> {
  const query =
    "StackResourceSummaries[?ResourceType=='AWS::S3::Bucket'||ResourceType=='AWS::SQS::Queue'].[ResourceType,PhysicalResourceId]";
  const command = aws(`cloudformation list-stack-resources --stack-name ${stack}`, { query });
  // CloudFormation has no error code of its own for a stack that does not exist.
  const resources = ((await expect(command, ['ValidationError'])) ?? []) as [string, string?][];
  return resources.flatMap(([type, name]) =>
    name === undefined || name === ''
      ? []
      : [{ kind: type.endsWith('Bucket') ? 'bucket' : 'queue', name }],
  );
}
