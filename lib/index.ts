/**
 * Archives Kafka topics to Amazon S3. {@link KafkaArchive} is a construct for your own stack.
 * {@link ArchiveStack} is a complete stack whose settings are text, as in a CDK context.
 *
 * @module
 */
export type {
  Authentication,
  ByteEncoding,
  Compression,
  DeliveryKind,
  LogLevel,
  ObjectForm,
  StorageClass,
  TimeFolder,
  TopicEncodings,
} from '../lambda/contract.ts';
export type {
  Enrich,
  MetadataFields,
  RecordToEnrich,
} from '../lambda/core/record/enrichment.ts';
export { ArchiveStack, type ArchiveStackProps } from './archive-stack.ts';
export type { TypedColumn, TypedColumns } from './catalog/typed-columns.ts';
export { KafkaArchive } from './kafka-archive.ts';
export type {
  AlarmProps,
  AuditProps,
  CatalogProps,
  ClusterProps,
  FunctionProps,
  KafkaArchiveProps,
  MappingProps,
  MskCluster,
  NetworkProps,
  ObjectProps,
  SchemaRegistryProps,
} from './kafka-archive-props.ts';
export type { WatchedMapping } from './monitoring/archive-metrics.ts';
export type { EarlierLayout } from './settings/catalog-settings.ts';
export type { ProvisionedPollers } from './settings/mapping-settings.ts';
export type { NetworkPart } from './settings/network-settings.ts';
export { type ParseOptions, parseSettings, type StackSettings } from './settings/settings.ts';
export type { ColderClass } from './settings/storage-settings.ts';
