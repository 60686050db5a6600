/** A price, and whether it was verified. */
export interface Price {
  readonly dollars: number;
  readonly per: string;
  readonly source: string;
  /** Whether an AWS page states it; if not, it comes from elsewhere or from memory. */
  readonly isVerified: boolean;
}

/** The day on which the prices were looked up. */
export const PRICES_DATE = '2026-11-24';

/** List prices of us-east-1: first tier, no free tier. */
export const prices = {
  lambdaGbSecond: {
    ...{ dollars: 0.0000133334, per: 'GB-second, arm64' },
    ...{ source: 'https://aws.amazon.com/lambda/pricing/', isVerified: false },
  },
  lambdaRequest: {
    ...{ dollars: 0.2 / 1e6, per: 'invocation' },
    ...{ source: 'https://aws.amazon.com/lambda/pricing/', isVerified: false },
  },
  eventPollerUnitHour: {
    ...{ dollars: 0.185, per: 'event poller unit and hour' },
    ...{
      source: 'https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html',
      isVerified: true,
    },
  },
  s3Put: {
    ...{ dollars: 0.005 / 1000, per: 'PUT, STANDARD' },
    ...{ source: 'https://aws.amazon.com/s3/pricing/', isVerified: false },
  },
  s3GbMonth: {
    ...{ dollars: 0.023, per: 'GB (2^30 bytes) and month, STANDARD' },
    ...{ source: 'https://aws.amazon.com/s3/pricing/', isVerified: false },
  },
  logsGb: {
    ...{ dollars: 0.5, per: 'GB of logs written, CloudWatch' },
    ...{ source: 'https://aws.amazon.com/cloudwatch/pricing/', isVerified: false },
  },
  firehoseGb: {
    ...{ dollars: 0.029, per: 'GB put, each record rounded up to 5 KB' },
    ...{ source: 'https://aws.amazon.com/firehose/pricing/', isVerified: false },
  },
  firehosePartitionGb: {
    ...{ dollars: 0.02, per: 'GB delivered by dynamic partitioning' },
    ...{ source: 'https://aws.amazon.com/firehose/pricing/', isVerified: false },
  },
  firehosePartitionObject: {
    ...{ dollars: 0.005 / 1000, per: 'object delivered by dynamic partitioning' },
    ...{ source: 'https://aws.amazon.com/firehose/pricing/', isVerified: false },
  },
  firehoseJqHour: {
    ...{ dollars: 0.07, per: 'hour of processing by jq' },
    ...{ source: 'https://aws.amazon.com/firehose/pricing/', isVerified: false },
  },
  firehoseFromMskGb: {
    ...{ dollars: 0.055, per: 'GB read from MSK' },
    ...{ source: 'https://aws.amazon.com/firehose/pricing/', isVerified: false },
  },
  mskConnectUnitHour: {
    ...{ dollars: 0.11, per: 'MSK Connect unit (1 vCPU, 4 GB) and hour' },
    ...{ source: 'https://aws.amazon.com/msk/pricing/', isVerified: false },
  },
  fargateCpuHour: {
    ...{ dollars: 0.04048, per: 'vCPU and hour, Fargate' },
    ...{ source: 'https://aws.amazon.com/fargate/pricing/', isVerified: false },
  },
  fargateGbHour: {
    ...{ dollars: 0.004445, per: 'GB of memory and hour, Fargate' },
    ...{ source: 'https://aws.amazon.com/fargate/pricing/', isVerified: false },
  },
} as const satisfies Record<string, Price>;
