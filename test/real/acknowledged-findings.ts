/** A finding of cfn-lint or checkov that stays, and why. */
export interface AcknowledgedFinding {
  readonly rule: string;
  /** Logical ids, without the hash that the CDK puts after them. */
  readonly resources: readonly string[];
  readonly reason: string;
  /** It is about what only the stack of an MSK cluster has. */
  readonly isMskOnly?: true;
}

const functions = ['ArchiveFunction', 'ReplayFunction'];

/** Every finding that stays. Those with the prefix `CKV` are checkov's, the others cfn-lint's. */
export const acknowledgedFindings: readonly AcknowledgedFinding[] = [
  {
    rule: 'W3005',
    resources: functions,
    reason:
      'A dependency said twice, of no effect: the CDK has every function depend on its role and on the policies of it',
  },
  {
    rule: 'CKV_AWS_18',
    resources: ['ArchiveBucket', 'FailedBatchBucket'],
    reason:
      'Server access logs need another bucket whose retention is the account owner to decide, as is acknowledged to cdk-nag in lib/kept-bucket.ts',
  },
  {
    rule: 'CKV_AWS_27',
    resources: ['FailedBatchesDeadLetterQueue', 'FailedBatchesReplayQueue'],
    reason:
      'Both are encrypted, with SSE-SQS; the rule knows KMS keys only. S3 could not send to a queue with the key that AWS manages, and the messages point to entries and hold no record',
  },
  {
    rule: 'CKV_AWS_111',
    resources: ['ArchiveFunctionRoleDefaultPolicy'],
    isMskOnly: true,
    reason:
      'Lambda makes its network interfaces in subnets that are not known at synth: NETWORK_REASON in lib/kafka-trigger.ts',
  },
  {
    rule: 'CKV_AWS_115',
    resources: functions,
    reason:
      "Reserved concurrency is taken from the account's, which is its owner's to divide. Archive runs once at a time for a partition, replay as often as replayConcurrency says",
  },
  {
    rule: 'CKV_AWS_116',
    resources: functions,
    reason:
      'A dead-letter queue of a function is for asynchronous invocations. These are invoked by event source mappings, which have an on-failure destination and a queue with a redrive policy',
  },
  {
    rule: 'CKV_AWS_117',
    resources: functions,
    reason:
      'They call S3 and SQS alone. It is the pollers of the mapping that are in the network of the cluster, not the function',
  },
  {
    rule: 'CKV_AWS_158',
    resources: functions.map((name) => `${name}LogGroup`),
    reason:
      "CloudWatch Logs encrypts every log group; a key of one's own is for logs that hold something, and these hold no record",
  },
  {
    rule: 'CKV_AWS_173',
    resources: functions,
    reason:
      "Lambda encrypts every environment variable; a key of one's own is for secrets, and these are names and numbers",
  },
];
