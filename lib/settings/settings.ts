import { checkAlarms } from './alarm-settings.ts';
import { checkAudit, toAudit } from './audit-settings.ts';
import { checkCatalog, checkLayouts, toCatalog } from './catalog-settings.ts';
import { checkDelivery, toBuffers } from './delivery-settings.ts';
import { checkReplay, toReplayVisibility } from './function-settings.ts';
import { checkMode } from './mapping-settings.ts';
import { checkNetwork, networkSettings, toNetwork } from './network-settings.ts';
import { checkObjects, toCompressionLevel } from './object-settings.ts';
import { checkRegistry } from './registry-settings.ts';
import { unknownSettings } from './setting-names.ts';
import { SettingReport, type SettingsOf } from './setting-report.ts';
import { settingsSchema } from './settings-schema.ts';
import { checkSource, sourceName, sourceSettings, toSource } from './source-settings.ts';
import { applyStage, type Context } from './stage-overlay.ts';
import { checkStorage, toTransitions } from './storage-settings.ts';
import { checkTopics, topicSettings, toStartingPosition, toTopics } from './topic-settings.ts';

export type { ProvisionedPollers } from './mapping-settings.ts';
export type { NetworkSettings } from './network-settings.ts';
export type { StartingPosition, TopicSettings } from './topic-settings.ts';

type Given = SettingsOf<typeof settingsSchema.shape>;

/** Every setting, checked and with its default, from the schema: see {@link settingsSchema}. */
export type StackSettings = Readonly<ReturnType<typeof toSettings>>;

/** What {@link parseSettings} needs besides the context. */
export interface ParseOptions {
  /** The time to count `hoursBack` from. A starting position must not be after it. */
  readonly now: Date;
}

const EXAMPLE =
  'example: npx cdk synth -c clusterArn=arn:aws:kafka:eu-west-1:111122223333:cluster/example/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3 -c topics="orders, payments"';

/**
 * Checks the CDK context and fills in the defaults. {@link settingsSchema} says what each setting means
 * and accepts. The settings of the stage that `env` names override the others.
 *
 * @throws Error with one line for each problem: the setting, what it must be, and what it was.
 */
export function parseSettings(given: Context, { now }: ParseOptions): StackSettings {
  const { context, problems: stageProblems } = applyStage(given);
  const schema = settingsSchema.superRefine(
    (read, refinement) => check(new SettingReport(read, refinement), now),
    // Also if a setting is wrong already, so that one run reports every problem.
    { when: () => true },
  );
  const parsed = schema.safeParse(context, { reportInput: true });
  const problems = [
    ...stageProblems,
    ...unknownSettings(context, Object.keys(settingsSchema.shape)),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${pathText(path)}${message}`),
  ];
  if (parsed.success && problems.length === 0) return Object.freeze(toSettings(parsed.data, now));
  const { clusterArn, bootstrapServers } = context;
  if (clusterArn === undefined && bootstrapServers === undefined) problems.push(EXAMPLE);
  throw new Error([...new Set(problems)].join('\n'));
}

function pathText(path: readonly PropertyKey[]): string {
  const [setting, ...rest] = path;
  if (setting === undefined) return '';
  const inside = rest.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return `${String(setting)}${inside.join('')} `;
}

/** Reports every setting that does not go with the others. */
function check(report: SettingReport<Given>, now: Date): void {
  checkTopics(report, now);
  checkSource(report);
  checkNetwork(report);
  checkMode(report);
  checkRegistry(report);
  checkObjects(report);
  checkStorage(report);
  checkDelivery(report);
  checkCatalog(report, now);
  if (report.isSound('clusterArn', 'bootstrapServers', 'objectPrefix')) {
    checkLayouts(report, objectPrefixOf(report.given));
  }
  checkReplay(report);
  checkAudit(report);
  checkAlarms(report);
}

const objectPrefixOf = (given: Given): string =>
  given.objectPrefix ?? `${sourceName(toSource(given))}/`;

function toSettings(given: Given, now: Date) {
  return {
    // Cluster, network and topics have one form each below, and no second one here.
    ...omit(given, { ...sourceSettings, ...networkSettings, ...topicSettings }),
    stackName: given.stackName,
    source: toSource(given),
    network: toNetwork(given),
    ...toTopics(given),
    startingPosition: toStartingPosition(given, now),
    objectPrefix: objectPrefixOf(given),
    compressionLevel: toCompressionLevel(given),
    ...toBuffers(given),
    ...toCatalog(given),
    ...toAudit(given),
    archiveTransitions: toTransitions(given),
    eventMetrics: given.eventMetrics ?? given.provisionedPollers !== undefined,
    replayVisibilitySeconds: toReplayVisibility(given),
  };
}

function omit<From extends object, Names extends object>(
  from: From,
  names: Names,
): Omit<From, keyof Names> {
  const kept = Object.entries(from).filter(([name]) => !(name in names));
  return Object.fromEntries(kept) as Omit<From, keyof Names>;
}
