import { DashboardError } from '../errors.ts';
import { type AlarmDefinition, parseAlarm } from './alarms.ts';
import { parseDashboardBody, type Widget } from './dashboard-body.ts';
import { resolve } from './resolve.ts';

/** A template, as far as it matters here. */
export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: unknown }>
  >;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** A dashboard as a stack has it, with names of this machine. */
export interface DashboardDefinition {
  readonly name: string;
  readonly widgets: readonly Widget[];
  /** By logical id. */
  readonly alarms: ReadonlyMap<string, AlarmDefinition>;
  readonly resources: WatchedResources;
}

/** What the metrics of AWS call the parts of the stack here. */
export interface WatchedResources {
  readonly archiveFunction: string;
  readonly replayFunction: string;
  readonly replayQueue: string;
  readonly deadLetterQueue: string;
}

/**
 * Reads the one dashboard of a stack's template, and its alarms.
 *
 * @throws {DashboardError} for anything in them that the picture does not know
 */
export function readDefinition(template: Template): DashboardDefinition {
  const [dashboard, ...more] = ofType(template, 'AWS::CloudWatch::Dashboard');
  if (dashboard === undefined || more.length > 0) {
    throw new DashboardError('the stack has not exactly one dashboard');
  }
  const [, { DashboardBody: body, DashboardName: name }] = dashboard;
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm');
  return {
    name: String(name),
    widgets: parseDashboardBody(String(body)),
    alarms: new Map(alarms.map(([id, properties]) => [id, parseAlarm(properties)])),
    resources: {
      archiveFunction: outputOf(template, 'ArchiveFunctionName'),
      replayFunction: outputOf(template, 'ReplayFunctionName'),
      replayQueue: outputOf(template, 'ReplayQueueUrl'),
      deadLetterQueue: outputOf(template, 'DeadLetterQueueUrl'),
    },
  };
}

type Properties = Readonly<Record<string, unknown>>;

function ofType({ Resources }: Template, type: string): readonly (readonly [string, Properties])[] {
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties = {} }]) => [id, resolve(Properties) as Properties]);
}

function outputOf({ Outputs = {} }: Template, name: string): string {
  const value = resolve(Outputs[name]?.Value);
  if (typeof value !== 'string') throw new DashboardError(`the stack has no output '${name}'`);
  return value;
}
