import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf } from './synthesize.ts';

/** The position at which a mapping starts, as CloudFormation passes it to Lambda. */
export interface Start {
  readonly position: unknown;
  /** In Unix seconds; absent unless the position is a time. */
  readonly time?: unknown;
}

/**
 * Resolves the starting position of each Kafka mapping as CloudFormation does.
 *
 * @param previous the parameters of the deployed stack, whose values `cdk deploy` keeps
 */
export function startsOf(
  template: Template,
  previous: Readonly<Record<string, string>> = {},
): Record<string, Start> {
  const { Conditions, Parameters } = template.toJSON();
  const values = { ...parametersOf(template), ...previous };

  const resolve = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const [[name = '', argument] = []]: [string?, unknown?][] = Object.entries(value);
    if (name === 'Ref') {
      if (argument === 'AWS::NoValue') return undefined;
      if (!Object.hasOwn(Parameters, String(argument))) throw new Error(`no parameter ${argument}`);
      return values[String(argument)];
    }
    const parts = argument as unknown[];
    if (name === 'Fn::If') {
      return resolve(resolve(Conditions[String(parts[0])]) === true ? parts[1] : parts[2]);
    }
    if (name === 'Fn::Equals') return resolve(parts[0]) === resolve(parts[1]);
    throw new Error(`unknown function ${name}`);
  };

  const mappings = Object.entries(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'));
  return Object.fromEntries(
    mappings
      .filter(([, { Properties }]) => Properties.Topics !== undefined)
      .map(([id, { Properties }]) => {
        const time = resolve(Properties.StartingPositionTimestamp);
        const position = resolve(Properties.StartingPosition);
        return [id, { position, ...(time !== undefined && { time }) }];
      }),
  );
}

/** The parameters of a stack that was created with a template, with their values. */
export function parametersOf(template: Template): Record<string, string> {
  const parameters: Record<string, { Default: string }> = template.toJSON().Parameters ?? {};
  return Object.fromEntries(Object.entries(parameters).map(([id, { Default }]) => [id, Default]));
}
