import { Aws, CfnCondition, CfnParameter, Fn, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StartingPosition } from '../settings/settings.ts';

/** The properties of an event source mapping that say where a consumer group without offsets starts. */
export interface StartingPositionProperties {
  readonly startingPosition: string;
  /** In Unix seconds; no value unless the position is a time. */
  readonly startingPositionTimestamp: number;
}

/**
 * Where one mapping starts, as a parameter of the stack whose default is the setting.
 *
 * CloudFormation replaces a mapping whose starting position changes, although the position has no effect on a
 * group with committed offsets. `cdk deploy` keeps the value of a parameter that the deployed stack already has
 * (its option `--previous-parameters`), so an existing mapping keeps the position with which it was created, and
 * a new one gets the present setting.
 *
 * Other ways to deploy pass the default, as do nested stacks: there, a changed setting replaces the mapping.
 *
 * ASSUMED: CloudFormation compares the values that parameters and conditions resolve to, so a template that
 * contained the position itself can be updated to this one without a replacement.
 *
 * @param id distinguishes the mapping; another id is another parameter, which starts at the present setting
 */
export function startingPositionParameter(
  scope: Construct,
  id: string,
  { topic, start }: { readonly topic: string; readonly start: StartingPosition },
): StartingPositionProperties {
  const parameter = new CfnParameter(scope, `StartingPosition-${id}`, {
    type: 'String',
    description: `Where the mapping of the topic ${topic} started or will start; ignored once its group has offsets`,
    default: parameterOf(start),
    allowedPattern: '^(TRIM_HORIZON|LATEST|[1-9][0-9]*)$',
    constraintDescription: 'must be TRIM_HORIZON, LATEST or a time in whole Unix seconds',
  });
  const isPosition = (position: string) => Fn.conditionEquals(parameter, position);
  const isTime = new CfnCondition(scope, `StartsAtTime-${id}`, {
    expression: Fn.conditionNot(Fn.conditionOr(isPosition('TRIM_HORIZON'), isPosition('LATEST'))),
  });
  const ifTime = (then: string, otherwise: string) =>
    Fn.conditionIf(isTime.logicalId, then, otherwise);
  return {
    startingPosition: Token.asString(ifTime('AT_TIMESTAMP', parameter.valueAsString)),
    startingPositionTimestamp: Token.asNumber(ifTime(parameter.valueAsString, Aws.NO_VALUE)),
  };
}

function parameterOf(start: StartingPosition): string {
  if (start.kind === 'timestamp') return String(start.unixSeconds);
  return start.kind === 'earliest' ? 'TRIM_HORIZON' : 'LATEST';
}
