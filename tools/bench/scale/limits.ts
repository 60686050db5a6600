/** A quota, or another number that load runs into, and how far it can be trusted. */
export interface Limit {
  readonly most: number;
  readonly of: string;
  readonly source: string;
  /** Whether it was read in a page of AWS; else it is from elsewhere, or assumed. */
  readonly isVerified: boolean;
  /** Whether AWS raises it on request. */
  readonly isAdjustable: boolean;
}

/** When the limits were looked at. */
export const LIMITS_DATE = '2026-11-25';

/** Defaults of an account and region, and of this project. */
export const limits = {
  concurrency: {
    ...{ most: 1000, of: 'executions at a time, account and region' },
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    ...{ isVerified: true, isAdjustable: true },
  },
  invocations: {
    ...{ most: 10_000, of: 'synchronous invocations a second: ten for each execution' },
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html',
    ...{ isVerified: false, isAdjustable: true },
  },
  puts: {
    ...{ most: 3500, of: 'PUTs a second below one prefix, before S3 has split it' },
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html',
    ...{ isVerified: true, isAdjustable: false },
  },
  pollers: {
    ...{ most: 2000, of: 'event pollers of a mapping, or of a group of mappings' },
    source: 'https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html',
    ...{ isVerified: true, isAdjustable: false },
  },
  mappingsOfGroup: {
    ...{ most: 100, of: 'mappings of a group of pollers' },
    source: 'https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html',
    ...{ isVerified: true, isAdjustable: false },
  },
  connections: {
    ...{ most: 3000, of: 'connections of a standard broker with IAM' },
    source: 'https://docs.aws.amazon.com/msk/latest/developerguide/limits.html',
    ...{ isVerified: true, isAdjustable: true },
  },
  topics: {
    ...{ most: 50, of: 'topics of a stack: what one role can be allowed to read' },
    source: 'lib/settings/settings-schema.ts',
    ...{ isVerified: true, isAdjustable: false },
  },
  resources: {
    ...{ most: 500, of: 'resources of a stack' },
    source:
      'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html',
    ...{ isVerified: true, isAdjustable: false },
  },
} as const satisfies Record<string, Limit>;

/** The name of a limit. */
export type LimitName = keyof typeof limits;

/** What one event poller carries: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html */
export const poller = {
  bytesPerSecond: 5 * 1024 * 1024,
  concurrency: 5,
  /** ASSUMED: one connection to each broker to fetch, one to the coordinator of the group. */
  connectionsPerBroker: 2,
} as const;
