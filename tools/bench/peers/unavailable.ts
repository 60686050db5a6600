/** A peer that cannot be run here, and why. */
export interface Unavailable {
  readonly title: string;
  /** What the registry, the build or the run said, or why it is not asked for. */
  readonly reason: string;
}

/** When {@link unavailable} were last asked for. */
export const UNAVAILABLE_DATE = '2026-11-25';

/** Peers that one would look for, and that the bench does not try to run: what came of asking for them by hand. */
export const unavailable: readonly Unavailable[] = [
  {
    title: 'Redpanda Connect 4 (Go)',
    reason:
      'module proxy, list of versions: 403 Forbidden: This module version is not available; nor is its module as a whole under an open-source licence. Benthos stands in for it',
  },
  {
    title: 'Bento 1.12.0, 1.14.0 (Go)',
    reason: 'module proxy: 403 Forbidden: This module version is not available',
  },
  {
    title:
      'OpenTelemetry Collector, with kafkareceiver and awss3exporter 0.161.0, 0.165.0, 0.165.1 (Go)',
    reason:
      'awss3exporter, module proxy: 403 Forbidden: This module version is not available; kafkareceiver is served',
  },
  {
    title:
      'Kafka Connect with the S3 sinks of Aiven, Lenses, Confluent, spredfast, Camel (camel-aws-s3-sink)',
    reason: 'Maven: not found, for each version tried; Confluent’s is not open source',
  },
];
