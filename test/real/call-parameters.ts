import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { providePythonPackage } from '../../tools/local/real-servers/python-package.ts';
import { resolveTemplate, type TemplateJson } from './template-update.ts';

/** The release of botocore, and with it of the services' models. */
const BOTOCORE = 'botocore==1.44.8';

/** A parameter that the service's model does not allow. */
export interface ParameterMistake {
  readonly template: string;
  readonly id: string;
  /** The call, a colon, and botocore's message. */
  readonly message: string;
}

/**
 * Has botocore check every resource of templates as parameters of the API calls that CloudFormation makes for
 * it. Custom resources, which make no such call, are left out. botocore is installed the first time.
 *
 * @param templates by name
 * @throws {ArchiverError} if botocore cannot be installed
 * @throws {Error} if a resource cannot be turned into a call
 */
export async function findParameterMistakes(
  templates: ReadonlyMap<string, TemplateJson>,
): Promise<ParameterMistake[]> {
  const python = join(await providePythonPackage(BOTOCORE), 'python');
  const script = join(import.meta.dirname, 'call_parameters.py');
  const input = [...templates].map(([name, template]) => [name, resourcesOf(template)] as const);
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(Object.fromEntries(input)));
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  if (code !== 0) throw new Error(`call_parameters.py failed: ${errors}`);
  const mistakes: readonly [string, string, string][] = JSON.parse(output);
  return mistakes.map(([template, id, message]) => ({ template, id, message }));
}

/** The resources, with a text in place of every value that is known only at deployment. */
function resourcesOf(template: TemplateJson): Record<string, unknown> {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const [[name, operand] = ['', undefined], ...others] = Object.entries(value);
    if (others.length === 0 && isIntrinsic(name)) return intrinsic(name, operand);
    const entries = Object.entries(value).map(([key, each]) => [key, resolve(each)] as const);
    return Object.fromEntries(entries);
  };
  const intrinsic = (name: string, operand: unknown): unknown => {
    const operands = Array.isArray(operand) ? operand : [];
    if (name === 'Ref') {
      const id = String(operand);
      return pseudoParameters[id] ?? id;
    }
    // As long as an ARN that CloudFormation would return.
    if (name === 'Fn::GetAtt')
      return `arn:aws:service:eu-west-1:111122223333:${operands.join('/')}`;
    if (name === 'Fn::Join') return resolvedTexts(operands[1]).join(String(operands[0]));
    return `${name}(${JSON.stringify(operand)})`.slice(0, 40);
  };
  const resolvedTexts = (value: unknown): string[] => {
    const texts = resolve(value);
    return Array.isArray(texts) ? texts.map(String) : [];
  };
  const isCustom = (type: string): boolean => /^(Custom::|AWS::CloudFormation::Custom)/.test(type);
  return Object.fromEntries(
    [...resolveTemplate(template)]
      .filter(([, { Type }]) => !isCustom(Type))
      .map(([id, { Type, Properties = {} }]) => [id, { Type, Properties: resolve(Properties) }]),
  );
}

const isIntrinsic = (name: string): boolean => name === 'Ref' || name.startsWith('Fn::');

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::StackId': 'arn:aws:cloudformation:eu-west-1:111122223333:stack/KafkaArchive/0f1e2d3c',
  'AWS::StackName': 'KafkaArchive',
  'AWS::URLSuffix': 'amazonaws.com',
};
