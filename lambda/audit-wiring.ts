import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { type AuditJob, createAudit, type TopicAudit } from './audit-handler.ts';
import { auditTopic } from './audit-topic.ts';
import { AUDIT_FILE, type AuditTopic, METRIC_NAMESPACE } from './contract.ts';
import { evaluateFilters } from './core/audit/event-filter.ts';
import { toArchiverError } from './core/errors.ts';
import { auditEnvironment } from './environment.ts';
import { healLost } from './heal-lost.ts';
import { openAuditBroker } from './io/audit-broker.ts';
import { connectionOf } from './io/audit-connection.ts';
import { createSecrets, createSecretsClient } from './io/audit-secrets.ts';
import { createAuditTelemetry } from './io/audit-telemetry.ts';
import { systemClock as clock } from './io/clock.ts';
import { createS3Source } from './io/s3-archive-source.ts';
import { createS3FailedBatchStore } from './io/s3-failed-batch-store.ts';
import { createS3FailedBatchWriter } from './io/s3-failed-batch-writer.ts';
import { createS3HourRecordStore } from './io/s3-hour-record-store.ts';
import { createS3LedgerStore } from './io/s3-ledger-store.ts';
import { createS3Client } from './io/s3-object-store.ts';
import { createS3ResetNotes } from './io/s3-reset-notes.ts';

/** Connections to S3: an audit lists folders and reads objects in parallel. */
const S3_CONNECTIONS = 32;

/** Wires the audit function, with the topics that the stack wrote beside its bundle. */
export function wireAudit() {
  const { random } = Math;
  const settings = auditEnvironment.decode(process.env);
  const { derivedBucket, failedBatchBucket, objectPrefix, timeFolder } = settings;
  const topics: readonly AuditTopic[] = JSON.parse(
    readFileSync(join(import.meta.dirname, AUDIT_FILE), 'utf8'),
  );
  const telemetry = createAuditTelemetry(
    new Logger(),
    new Metrics({ namespace: METRIC_NAMESPACE }),
    settings,
  );
  const region = process.env.AWS_REGION ?? '';
  const secrets = createSecrets(createSecretsClient({ maxConnections: 1, random }));
  const s3 = createS3Client({ maxParallelPuts: S3_CONNECTIONS, random });
  const ledgers = createS3LedgerStore(s3, settings);
  const failedBatches = createS3FailedBatchStore(s3, failedBatchBucket);
  const stores = {
    ...{ ledgers, failedBatches },
    hours: createS3HourRecordStore(s3, settings),
    resets: createS3ResetNotes(s3, { bucket: derivedBucket, objectPrefix }),
  };
  const writer = createS3FailedBatchWriter(s3, failedBatchBucket, failedBatches);

  async function auditOne(topic: AuditTopic, job: AuditJob): Promise<TopicAudit> {
    const connection = await connectionOf(settings, { clock, region, secrets }, job);
    const broker = openAuditBroker({ ...topic, connection });
    try {
      const archive = createS3Source(s3, settings.archiveBucket, job);
      const deps = { ...stores, archive, broker };
      const report = await auditTopic(deps, {
        ...{ ...topic, ...job, objectPrefix, timeFolder },
        listing: 'due',
        fullListingDays: settings.fullListingDays,
        read: settings.auditReadsObjects ? 'all' : 'as-needed',
        expirationDays: settings.expirationDays,
      });
      const healing = healLost(
        {
          ...{ broker, failedBatches: writer },
          matches: ({ value }) => evaluateFilters(topic.filters, value) !== 'fails',
        },
        report,
        {
          ...{ ...job, mostRecords: settings.autoHealRecords, now: clock.now() },
          origin: {
            topic: topic.topic,
            ...(settings.clusterArn !== undefined && { eventSourceArn: settings.clusterArn }),
            bootstrapServers: settings.bootstrapServers.join(),
            nullStyle: 'null',
          },
        },
      );
      // What the audit found is reported even if it cannot be healed.
      return await healing.then(
        ({ records }) => ({ report, healedRecords: records }),
        (error) => ({ report, healedRecords: 0, notHealed: toArchiverError(error) }),
      );
    } finally {
      await broker.close();
    }
  }

  return createAudit({ ...{ clock, ledgers, telemetry, topics }, auditTopic: auditOne });
}
