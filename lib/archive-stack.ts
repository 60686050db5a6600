import { Annotations, Aspects, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { KafkaArchive } from './kafka-archive.ts';
import { propsOf } from './kafka-archive-settings.ts';
import type { StackSettings } from './settings/settings.ts';

/** Props of an {@link ArchiveStack}. */
export interface ArchiveStackProps {
  /** The settings, as `parseSettings` returns them. */
  readonly settings: StackSettings;
}

/** The stack that this repository deploys: one {@link KafkaArchive}, configured by the CDK context. */
export class ArchiveStack extends Stack {
  /** The archive of this stack. */
  public readonly archive: KafkaArchive;

  constructor(scope: Construct, id: string, { settings }: ArchiveStackProps) {
    super(scope, id, {
      stackName: settings.stackName,
      description: 'Archives Kafka topics to S3 (msk-s3-archiver)',
      env: environmentOf(settings),
      // A template has 1 MB at most, which fifty topics with long names come close to.
      suppressTemplateIndentation: true,
    });

    // The CDK leaves 'Default' out of logical ids, so those of deployed stacks do not change.
    this.archive = new KafkaArchive(this, 'Default', propsOf(this, settings));
    Aspects.of(this).add({ visit: keepDescription });
    Tags.of(this).add('project', 'msk-s3-archiver');
    this.warnOfStart(settings);
  }

  private warnOfStart({ startingPosition: start }: StackSettings): void {
    if (start.kind !== 'timestamp' || start.hoursBack === undefined) return;
    const time = new Date(start.unixSeconds * 1000).toISOString();
    Annotations.of(this).addWarningV2(
      'msk-s3-archiver:hoursBackMoves',
      `hoursBack ${start.hoursBack} means ${time} now, but a later time at the next synth, and a deployment that passes the defaults of the stack's parameters then replaces every mapping: deploy with \`cdk deploy\`, which keeps their values, or set startingPosition to '${time}' instead`,
    );
  }
}

/**
 * Removes the id `Default` from the descriptions of policies that the CDK splits off from a role. They contain
 * the role's path, and CloudFormation replaces a policy whose description changes.
 */
function keepDescription(node: IConstruct): void {
  if (!(node instanceof iam.CfnManagedPolicy)) return;
  node.description = node.description?.replace('/Default/', '/');
}

/**
 * The account and region of an MSK cluster, in which its mappings must be created. With credentials for another
 * account, the CDK then refuses to deploy, before Lambda would. A self-managed cluster has neither, so its
 * stack is deployed to the account and region of the credentials.
 */
function environmentOf({ source }: StackSettings): StackProps['env'] {
  if (source.kind !== 'msk') return undefined;
  const { account, region } = source.cluster;
  return { account, region };
}
