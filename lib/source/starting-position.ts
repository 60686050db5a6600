import { Aws, CfnCondition, CfnParameter, Fn, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StartingPosition } from '../settings/settings.ts';

const EARLIEST = 'TRIM_HORIZON';
const LATEST = 'LATEST';

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
 * `aws cloudformation deploy` keeps it, too. A change set without parameters uses the default
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html), and so does a nested
 * stack, whose parent passes none: there, a changed setting replaces the mapping.
 *
 * ASSUMED: CloudFormation compares the values that parameters and conditions resolve to, and a number equals its
 * text. A template that contained the position itself can then be updated to this one without a replacement.
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
    allowedPattern: `^(${EARLIEST}|${LATEST}|[1-9][0-9]*)$`,
    constraintDescription: `must be ${EARLIEST}, ${LATEST} or a time in whole Unix seconds`,
  });
  const whether = (name: string, position: string) =>
    new CfnCondition(scope, `StartsAt${name}-${id}`, {
      expression: Fn.conditionEquals(parameter, position),
    }).logicalId;
  const isEarliest = whether('Earliest', EARLIEST);
  const isLatest = whether('Latest', LATEST);
  const select = (earliest: string, latest: string, time: string) =>
    Fn.conditionIf(isEarliest, earliest, Fn.conditionIf(isLatest, latest, time));
  return {
    // Not the parameter itself, whose default cfn-lint compares with the positions that Lambda knows.
    startingPosition: Token.asString(select(EARLIEST, LATEST, 'AT_TIMESTAMP')),
    startingPositionTimestamp: Token.asNumber(
      select(Aws.NO_VALUE, Aws.NO_VALUE, parameter.valueAsString),
    ),
  };
}

function parameterOf(start: StartingPosition): string {
  if (start.kind === 'timestamp') return String(start.unixSeconds);
  return start.kind === 'earliest' ? EARLIEST : LATEST;
}
