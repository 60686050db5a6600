/**
 * Archives Kafka topics to Amazon S3. {@link KafkaArchive} is a construct for your own stack.
 * {@link ArchiveStack} is a complete stack whose settings are text, as in a CDK context.
 *
 * @module
 */
export type {
  Enrich,
  MetadataFields,
  RecordToEnrich,
} from '../lambda/core/record/enrichment.ts';
export { ArchiveStack, type ArchiveStackProps } from './archive-stack.ts';
export { KafkaArchive } from './kafka-archive.ts';
export type {
  AlarmProps,
  ClusterProps,
  FunctionProps,
  KafkaArchiveProps,
  MappingProps,
  MskCluster,
  NetworkProps,
  ObjectProps,
  SchemaRegistryProps,
} from './kafka-archive-props.ts';
export { type ParseOptions, parseSettings, type StackSettings } from './settings/settings.ts';
