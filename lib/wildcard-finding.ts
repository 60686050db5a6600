import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The id of cdk-nag's finding for a policy statement whose resource contains a wildcard. */
export function wildcardFinding(scope: IConstruct, resource: string): string {
  return `AwsSolutions-IAM5[Resource::${flatten(Stack.of(scope).resolve(resource))}]`;
}

/** A template value in the notation of cdk-nag. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name = '', argument] = []]: [string?, unknown?][] = Object.entries(value);
  if (name === 'Ref') return `<${argument}>`;
  if (!Array.isArray(argument)) return JSON.stringify(value);
  if (name === 'Fn::GetAtt') return `<${argument.join('.')}>`;
  if (name === 'Fn::Join') return argument[1].map(flatten).join(argument[0]);
  return JSON.stringify(value);
}
