import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Boto3Call, boto3Calls } from './boto3-calls.ts';
import {
  type CdkAssembly,
  type CdkEnvironment,
  cdk,
  type Omission,
  replaceTemplate,
  synthesizeAssembly,
  without,
} from './cdk-assembly.ts';
import { startMoto } from './moto.ts';
import type { References } from './template-references.ts';

/** An AWS account without anybody in it: moto, whose account this is. */
export const account = '123456789012';
/** Where the stack goes. */
export const region = 'eu-west-1';
/** Of the stack. */
export const stackName = 'KafkaArchive';

/** Anybody's. */
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** A stack in moto, and how to look at it. */
export interface DeployedStack {
  /** Of moto. */
  readonly endpoint: string;
  /** Own place for files, which goes away. */
  readonly folder: string;
  readonly assembly: CdkAssembly;
  readonly outputs: Readonly<Record<string, string>>;
  readonly references: References;
  readonly cloudFormation: CloudFormationClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  /** Answers of services that have no client here. */
  calls(calls: readonly Boto3Call[]): Promise<readonly unknown[]>;
  /** `cdk destroy`. */
  destroy(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts moto, and has `cdk bootstrap` and `cdk deploy` deploy into it what `cdk synth` makes of the
 * settings.
 *
 * @param refused what moto cannot deploy
 * @throws {ArchiverError} where moto cannot be installed
 * @throws {Error} with the output of the command of the CDK that failed
 */
export async function deployStack(
  context: Readonly<Record<string, string>>,
  refused: readonly Omission[],
): Promise<DeployedStack> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  const { close: closeMoto, endpoint } = await startMoto();
  const clients = clientsOf(endpoint);
  const close = async () => {
    for (const client of Object.values(clients)) client.destroy();
    await closeMoto();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const environment = cdkEnvironment(endpoint);
    const synth = { stackName, context, environment };
    const assembly = await synthesizeAssembly(join(folder, 'cdk.out'), synth);
    replaceTemplate(assembly, stackName, without(assembly.template, refused));
    const app = ['--app', assembly.folder];
    await cdk(['bootstrap', ...app], environment);
    // By a change set, which is the CDK's default, moto leaves the stack empty.
    const options = ['--require-approval', 'never', '--method', 'direct'];
    await cdk(['deploy', ...app, ...options], environment);
    const { outputs, physicalIds } = await describeStack(clients.cloudFormation);
    return {
      ...clients,
      ...{ assembly, close, endpoint, folder, outputs },
      references: { physicalIds, arns: arnsOf(physicalIds) },
      calls: (calls) => boto3Calls({ endpoint, region }, calls),
      destroy: () => cdk(['destroy', ...app, '--force'], environment),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Everything of AWS is moto. */
function cdkEnvironment(endpoint: string): CdkEnvironment {
  return {
    AWS_ENDPOINT_URL: endpoint,
    // The template's URL, from which moto takes bucket and key: it does not go there.
    AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION: `https://s3.${region}.amazonaws.com`,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}

async function describeStack(client: CloudFormationClient) {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
  const { StackResources = [] } = await client.send(
    new DescribeStackResourcesCommand({ StackName: stackName }),
  );
  const outputs = (Stacks[0]?.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
  );
  const resources = StackResources.map(
    ({ LogicalResourceId: id = '', PhysicalResourceId: name = '' }) => [id, name] as const,
  );
  return {
    outputs: Object.fromEntries(outputs),
    // moto tells of resources that it has no model for, without their ids.
    physicalIds: new Map(resources.filter(([id]) => id !== '')),
  };
}

function clientsOf(endpoint: string) {
  const access = {
    ...{ endpoint, region },
    // What moto refuses once it refuses always.
    maxAttempts: 1,
    credentials,
  };
  return {
    cloudFormation: new CloudFormationClient(access),
    s3: new S3Client({ ...access, forcePathStyle: true }),
    sqs: new SQSClient(access),
  };
}

/** The ARNs of buckets and queues; a queue's physical id is its URL. */
function arnsOf(physicalIds: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...physicalIds].map(([id, name]) => [
      id,
      name.startsWith('https://sqs.') ? queueArn(name) : `arn:aws:s3:::${name}`,
    ]),
  );
}

/** The ARN of a queue of the stack. */
export function queueArn(url: string): string {
  return `arn:aws:sqs:${region}:${account}:${url.slice(url.lastIndexOf('/') + 1)}`;
}
