/** A finding of cfn-lint or checkov that stays, and why. */
export interface AcknowledgedFinding {
  readonly rule: string;
  /** Logical ids, without the hash that the CDK puts after them. */
  readonly resources: readonly string[];
  readonly reason: string;
  /** The configurations of templates.test.ts that have it. @default - all but `except` */
  readonly only?: readonly string[];
  /** Those that do not. @default - none */
  readonly except?: readonly string[];
}

/** Configurations whose data is encrypted with a key of KMS. */
const ownKeys = ['own-key', 'security', 'audit-scram-provisioned'];
/** Configurations with access logs. */
const logged = ['security', 'audit-scram-provisioned'];

const functions = ['ArchiveFunction', 'ReplayFunction', 'CatalogCheckFunction'];
/** Invoked by event source mappings. */
const mapped = ['ArchiveFunction', 'ReplayFunction'];

/** The second is the CDK's. */
const trialFunctions = ['TrialFunction', 'AWS679f53fac002430cb0da5b7982bd2287'];
const trial = ['trial-cluster'];

/** The second is the CDK's. */
const auditFunctions = ['AuditFunction', 'AWS679f53fac002430cb0da5b7982bd2287'];
const audits = ['audit', 'audit-scram-provisioned'];

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
    except: logged,
    reason:
      'Server access logs are a setting, accessLogDays, as is acknowledged to cdk-nag in lib/storage/kept-bucket.ts',
  },
  {
    rule: 'CKV_AWS_18',
    resources: ['AccessLogBucket'],
    only: logged,
    reason: 'Logs of the requests that write logs would have no end',
  },
  {
    rule: 'CKV_AWS_27',
    resources: ['FailedBatchesDeadLetterQueue', 'FailedBatchesReplayQueue'],
    except: ownKeys,
    reason:
      'Both are encrypted, with SSE-SQS; the rule knows KMS keys only, which are a setting, encryptionKey. S3 could not send to a queue with the key that AWS manages, and the messages point to entries and hold no record',
  },
  {
    rule: 'CKV_AWS_111',
    resources: ['ArchiveFunctionRoleDefaultPolicy'],
    except: ['self-managed'],
    reason:
      'Lambda makes its network interfaces in subnets that are not known at synth: NETWORK_REASON in lib/source/kafka-trigger.ts',
  },
  {
    rule: 'CKV_AWS_115',
    resources: functions,
    reason:
      "Reserved concurrency is taken from the account's, which is its owner's to divide. Archive runs once at a time for a partition, replay as often as replayConcurrency says, and the catalog check once a day",
  },
  {
    rule: 'CKV_AWS_116',
    resources: ['CatalogCheckFunction'],
    reason: 'An alarm fires if the check fails, and the next one, a day later, makes up for it',
  },
  {
    rule: 'CKV_AWS_116',
    resources: mapped,
    reason:
      'A dead-letter queue of a function is for asynchronous invocations. These are invoked by event source mappings, which have an on-failure destination and a queue with a redrive policy',
  },
  {
    rule: 'CKV_AWS_117',
    resources: functions,
    reason:
      'They call S3, SQS and SNS alone. It is the pollers of the mapping that are in the network of the cluster, not the function',
  },
  {
    rule: 'CKV_AWS_158',
    resources: [...mapped.map((name) => `${name}LogGroup`), 'CatalogCheckLogGroup'],
    except: ownKeys,
    reason:
      "CloudWatch Logs encrypts every log group; a key of one's own is a setting, encryptionKey, and these logs hold no record",
  },
  {
    rule: 'CKV_AWS_158',
    resources: ['DeliveryLogGroup'],
    only: ['firehose'],
    reason:
      "As of the functions: this log has errors and keys of objects, and a key of one's own is a setting",
  },
  {
    rule: 'CKV_AWS_173',
    resources: functions,
    reason:
      "Lambda encrypts every environment variable; a key of one's own is for secrets, and these are names and numbers",
  },
  {
    rule: 'CKV_AWS_18',
    resources: ['DerivedBucket'],
    only: ['audit'],
    reason: 'As of the other buckets: server access logs are a setting, accessLogDays',
  },
  {
    rule: 'CKV_AWS_111',
    resources: ['AuditFunctionRoleDefaultPolicy'],
    only: audits,
    reason: 'As of the archive function: NETWORK_REASON in lib/source/source-permissions.ts',
  },
  {
    rule: 'W3005',
    resources: auditFunctions,
    only: audits,
    reason: 'As of the other functions: a dependency said twice, by the CDK',
  },
  {
    rule: 'CKV_AWS_115',
    resources: auditFunctions,
    only: audits,
    reason: 'As of the catalog check: they run on a schedule, or when the stack changes',
  },
  {
    rule: 'CKV_AWS_116',
    resources: auditFunctions,
    only: audits,
    reason:
      'An alarm fires if audits fail, and the next one makes up for it. CloudFormation waits for the answer of the other function',
  },
  {
    rule: 'CKV_AWS_117',
    resources: auditFunctions.slice(1),
    only: audits,
    reason: 'It calls the API of MSK, to which the network of the cluster may have no route',
  },
  {
    rule: 'CKV_AWS_158',
    resources: ['AuditFunctionLogGroup', 'BootstrapLogGroup'],
    only: ['audit'],
    reason: 'As for the other functions: these logs hold no records, and encryptionKey sets a key',
  },
  {
    rule: 'CKV_AWS_173',
    resources: auditFunctions.slice(0, 1),
    only: audits,
    reason: 'As of the other functions: its environment is names, numbers and the ARN of a secret',
  },
  {
    rule: 'W3005',
    resources: trialFunctions,
    only: trial,
    reason: 'As of the other functions: a dependency said twice, by the CDK',
  },
  {
    rule: 'CKV_AWS_115',
    resources: trialFunctions,
    only: trial,
    reason: 'They run when the stack changes, or somebody invokes one by hand: once at a time',
  },
  {
    rule: 'CKV_AWS_116',
    resources: trialFunctions,
    only: trial,
    reason:
      'Their asynchronous invocations are those of CloudFormation, which waits for an answer, and fails without one: a dead letter would tell nobody more',
  },
  {
    rule: 'CKV_AWS_117',
    resources: trialFunctions.slice(1),
    only: trial,
    reason: 'It calls MSK itself, which the network of the trial cluster has no way to',
  },
  {
    rule: 'CKV_AWS_158',
    resources: ['TrialFunctionLogGroup', 'TrialBootstrapLogGroup'],
    only: trial,
    reason: 'As of the other functions: the logs hold no record',
  },
  {
    rule: 'CKV_AWS_173',
    resources: trialFunctions.slice(0, 1),
    only: trial,
    reason: 'As of the other functions: its environment is the names of brokers',
  },
];
