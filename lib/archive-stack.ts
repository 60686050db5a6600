import { Annotations, Aspects, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { KafkaArchive } from './kafka-archive.ts';
import { propsOf } from './kafka-archive-settings.ts';
import type { StackSettings } from './settings/settings.ts';

/** Settings of an {@link ArchiveStack}. */
export interface ArchiveStackProps {
  readonly settings: StackSettings;
}

/** The stack of this repository: one {@link KafkaArchive}, with the settings of the CDK context. */
export class ArchiveStack extends Stack {
  public readonly archive: KafkaArchive;

  constructor(scope: Construct, id: string, { settings }: ArchiveStackProps) {
    super(scope, id, {
      stackName: settings.stackName,
      description: 'Archives Kafka topics to S3 (msk-s3-archiver)',
      env: environmentOf(settings),
    });

    // 'Default' is left out of logical ids, which must not change in stacks that are deployed.
    this.archive = new KafkaArchive(this, 'Default', propsOf(this, settings));
    Aspects.of(this).add({ visit: keepDescription });
    this.warnOfStart(settings);
    Tags.of(this).add('project', 'msk-s3-archiver');
  }

  private warnOfStart({ startingPosition: start }: StackSettings): void {
    if (start.kind !== 'timestamp' || start.hoursBack === undefined) return;
    const time = new Date(start.unixSeconds * 1000).toISOString();
    Annotations.of(this).addWarningV2(
      'msk-s3-archiver:hoursBackMoves',
      `hoursBack ${start.hoursBack} is ${time} now and another time at the next synth, which then replaces every mapping without any effect on groups with committed offsets: for every later deployment set startingPosition to '${time}' instead`,
    );
  }
}

/**
 * Policies that a role has been split into are described by the path of the role. With another description, and so
 * with that of the `Default` construct, CloudFormation would replace them.
 */
function keepDescription(node: IConstruct): void {
  if (!(node instanceof iam.CfnManagedPolicy)) return;
  node.description = node.description?.replace('/Default/', '/');
}

/**
 * The account and region of an MSK cluster, where its mappings have to be: with credentials for another account, the CDK
 * then refuses to deploy, before Lambda would. A self-managed cluster has neither, and the stack goes to where
 * the credentials point.
 */
function environmentOf({ source }: StackSettings): StackProps['env'] {
  if (source.kind !== 'msk') return undefined;
  const { account, region } = source.cluster;
  return { account, region };
}
