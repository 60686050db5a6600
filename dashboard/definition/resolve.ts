import { DashboardError } from '../errors.ts';

/**
 * A value of a template, with names of this machine in place of what CloudFormation puts there: of a
 * resource its logical id, also for its ARN and its name, and of `AWS::Region` and its like what they are called.
 *
 * @throws {DashboardError} for an intrinsic function other than `Ref`, `Fn::GetAtt` and `Fn::Join`
 */
export function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name = '', argument] = entries[0] ?? [];
  if (entries.length !== 1 || !/^(Ref|Fn::.*)$/.test(name)) {
    return Object.fromEntries(entries.map(([key, each]) => [key, resolve(each)]));
  }
  if (name === 'Ref') return argument;
  if (name === 'Fn::GetAtt') return (argument as readonly string[])[0];
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as readonly [string, readonly unknown[]];
    return parts.map(resolve).join(separator);
  }
  throw new DashboardError(`unknown function '${name}' in the template`);
}
