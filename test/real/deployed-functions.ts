import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { EmulatedFunction } from '../../tools/local/lambda/function.ts';
import { openLog } from '../../tools/local/log-file.ts';
import type { FileAsset } from './cdk-assembly.ts';
import { type DeployedStack, region } from './deployed-stack.ts';

/** What Lambda says of a function, as far as the tests look at it. */
export interface DeployedFunction {
  readonly CodeSha256: string;
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  readonly FunctionArn: string;
  readonly Handler: string;
  readonly MemorySize: number;
  readonly Role: string;
  readonly Runtime: string;
  readonly Timeout: number;
}

/** Which function: the construct's name, and that of its asset. */
export type FunctionName = 'ArchiveFunction' | 'ReplayFunction';

/** What Lambda says of the function. */
export async function deployedFunction(
  { calls, outputs }: DeployedStack,
  name: FunctionName,
): Promise<DeployedFunction> {
  const [answer] = await calls([
    ['lambda', 'get_function_configuration', { FunctionName: outputs[`${name}Name`] }],
  ]);
  return answer as DeployedFunction;
}

function assetOf({ assembly }: DeployedStack, name: FunctionName): FileAsset {
  const asset = assembly.assets.find(({ displayName }) => displayName === `${name}/Function/Code`);
  if (asset === undefined) throw new Error(`no asset of the function '${name}'`);
  return asset;
}

/** SHA-256 of the archive that the CDK uploaded for a function, in base64 as Lambda has it. */
export async function uploadedSha256(stack: DeployedStack, name: FunctionName): Promise<string> {
  const { bucketName: Bucket, objectKey: Key } = assetOf(stack, name);
  const { Body } = await stack.s3.send(new GetObjectCommand({ Bucket, Key }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  return createHash('sha256').update(bytes).digest('base64');
}

/**
 * The function as it is deployed, on this machine: its asset, its handler, its memory and timeout, and its
 * environment. All that is different is where S3, SNS and SQS are, which on Lambda nobody has to say.
 */
export async function emulatedFunction(
  stack: DeployedStack,
  name: FunctionName,
): Promise<EmulatedFunction> {
  const { endpoint, folder, outputs } = stack;
  const { Environment, Handler, MemorySize, Timeout } = await deployedFunction(stack, name);
  return new EmulatedFunction(
    {
      name: outputs[`${name}Name`] ?? '',
      codeFolder: assetOf(stack, name).folder,
      handler: Handler,
      timeoutSeconds: Timeout,
      memoryMiB: MemorySize,
      log: openLog(join(folder, `${name}.log`)),
      environment: {
        ...atEndpoint(Environment.Variables, endpoint),
        AWS_REGION: region,
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ENDPOINT_URL_SNS: endpoint,
        AWS_ENDPOINT_URL_SQS: endpoint,
      },
    },
    2,
  );
}

/** The SDK goes to the host of a queue's URL, whatever endpoint the environment names. */
function atEndpoint(
  variables: Readonly<Record<string, string>>,
  endpoint: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      value.replace(`https://sqs.${region}.amazonaws.com`, endpoint),
    ]),
  );
}
