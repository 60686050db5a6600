import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { FunctionName } from './deployed-functions.ts';
import { account, type DeployedStack, region } from './deployed-stack.ts';

/** A bucket of the stack, by its output. */
export type BucketOutput = 'ArchiveBucketName' | 'FailedBatchBucketName';

/** A queue of the stack, by its output. */
export type QueueOutput = 'ReplayQueueUrl' | 'DeadLetterQueueUrl';

/** What a statement allows. */
export type Permission = readonly [actions: readonly string[], resources: readonly string[]];

/** Looks at a stack that is deployed, and at what is left of it. */
export class StackView {
  readonly #stack: DeployedStack;

  constructor(stack: DeployedStack) {
    this.#stack = stack;
  }

  /** @throws {Error} when the stack has no such output */
  output(name: string): string {
    const value = this.#stack.outputs[name];
    if (value === undefined) throw new Error(`no output '${name}'`);
    return value;
  }

  /**
   * The name of a resource.
   *
   * @param id logical, without the hash that the CDK puts after it
   * @throws {Error} when the stack has no such resource
   */
  physicalId(id: string): string {
    const name = [...this.#stack.references.physicalIds].find(
      ([each]) => each.replace(/[0-9A-F]{8}$/, '') === id,
    )?.[1];
    if (name === undefined) throw new Error(`no resource '${id}'`);
    return name;
  }

  logGroupArn(name: 'ArchiveLogGroupName' | 'ReplayLogGroupName'): string {
    return `arn:aws:logs:${region}:${account}:log-group:${this.output(name)}`;
  }

  async queueAttributes(name: QueueOutput): Promise<Readonly<Record<string, string>>> {
    const { Attributes = {} } = await this.#stack.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.output(name), AttributeNames: ['All'] }),
    );
    return Attributes;
  }

  /** Messages of a queue: those to take, those that somebody has taken, and those that wait. */
  async messagesIn(name: QueueOutput): Promise<number> {
    const attributes = await this.queueAttributes(name);
    return ['', 'NotVisible', 'Delayed']
      .map((kind) => Number(attributes[`ApproximateNumberOfMessages${kind}`]))
      .reduce((sum, count) => sum + count);
  }

  async keysIn(name: BucketOutput): Promise<readonly (string | undefined)[]> {
    const { Contents = [] } = await this.#stack.s3.send(
      new ListObjectsV2Command({ Bucket: this.output(name) }),
    );
    return Contents.map(({ Key }) => Key);
  }

  /** Why each message of the dead-letter queue is there; they stay, and are hidden for a while. */
  async deadLetterCodes(): Promise<readonly (string | undefined)[]> {
    const { Messages = [] } = await this.#stack.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.output('DeadLetterQueueUrl'),
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages.map(({ MessageAttributes }) => MessageAttributes?.code?.StringValue);
  }

  /** The statements of a function's role, which all have to allow. */
  async permissionsOf(name: FunctionName): Promise<readonly Permission[]> {
    const { assembly, calls } = this.#stack;
    const [PolicyName] = Object.keys(assembly.template.Resources).filter((id) =>
      id.startsWith(`${name}RoleDefaultPolicy`),
    );
    const RoleName = this.physicalId(`${name}Role`);
    const [attached, inline, policy] = await calls([
      ['iam', 'list_attached_role_policies', { RoleName }],
      ['iam', 'list_role_policies', { RoleName }],
      ['iam', 'get_role_policy', { RoleName, PolicyName }],
    ]);
    const { AttachedPolicies } = attached as { readonly AttachedPolicies: readonly unknown[] };
    const { PolicyNames } = inline as { readonly PolicyNames: readonly string[] };
    if (AttachedPolicies.length > 0 || PolicyNames.length !== 1) {
      throw new Error(`the role of '${name}' has more than one policy`);
    }
    return permissionsIn(policy as RolePolicy);
  }
}

interface RolePolicy {
  readonly PolicyDocument: {
    readonly Statement: readonly {
      readonly Effect: string;
      readonly Action: string | readonly string[];
      readonly Resource: string | readonly string[];
    }[];
  };
}

function permissionsIn({ PolicyDocument: { Statement } }: RolePolicy): readonly Permission[] {
  return Statement.map(({ Action, Effect, Resource }) => {
    if (Effect !== 'Allow') throw new Error(`a statement says '${Effect}'`);
    return [[Action].flat(), [Resource].flat()];
  });
}
