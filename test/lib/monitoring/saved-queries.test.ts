import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { queryNames } from '../../../lib/monitoring/saved-queries.ts';
import { archiveHandler, archiveParts, invocation } from '../../helpers/archive-parts.ts';
import { mskEvent, mskRecords } from '../../helpers/kafka-events.ts';
import { resourcesOf, SYNTH_TIMEOUT_MS } from '../synthesize.ts';
import { documentation, ids, monitoredTemplate, watchedAudit } from './monitoring-fixture.ts';

let template: Template;

beforeAll(() => {
  template = monitoredTemplate((stack) => ({ audit: watchedAudit(stack) }));
}, SYNTH_TIMEOUT_MS);

const logs = (...groups: readonly string[]) => groups.map((Ref) => ({ Ref }));

describe('saved queries', () => {
  it('are in a folder named after the stack, each with the logs that it needs', () => {
    const queries = Object.values(resourcesOf(template, 'AWS::Logs::QueryDefinition'));
    expect(queries.map(({ Properties }) => Properties)).toEqual([
      {
        Name: 'Stack/slowest-batches',
        LogGroupNames: logs(ids.archiveLog),
        QueryString: [
          'fields @timestamp, topic, records, objects, failedObjects, encodeMilliseconds, storeMilliseconds, oldestRecordAge, requestId',
          '| filter message in ["batch archived","batch not archived"]',
          '| sort storeMilliseconds desc',
          '| limit 20',
        ].join('\n'),
      },
      {
        Name: 'Stack/failures-by-code',
        LogGroupNames: logs(ids.archiveLog, ids.replayLog),
        QueryString: [
          'fields coalesce(code, failures.0.code) as failureCode',
          '| filter message in ["batch not archived","batch refused","failed batch not replayed, tried again","failed batch not replayed, in the dead-letter queue"]',
          '| stats count(*) as times, min(@timestamp) as firstSeen, max(@timestamp) as lastSeen by message, failureCode',
          '| sort times desc',
        ].join('\n'),
      },
      {
        Name: 'Stack/archived-offsets',
        LogGroupNames: logs(ids.archiveLog, ids.replayLog),
        QueryString: [
          'fields jsonParse(@message) as line',
          '| filter message in ["batch archived","failed batch replayed"]',
          '| unnest line.runs into run',
          '| stats min(run.firstOffset) as firstOffset, max(run.lastOffset) as lastOffset, sum(run.records) as records by topic, run.partition',
          '| sort topic asc',
        ].join('\n'),
      },
      {
        Name: 'Stack/dead-letters',
        LogGroupNames: logs(ids.replayLog),
        QueryString: [
          'fields @timestamp, code, reason, failedBatch, condition, offsets, tries, requestId',
          '| filter message in ["failed batch not replayed, in the dead-letter queue"]',
          '| sort @timestamp desc',
          '| limit 100',
        ].join('\n'),
      },
      {
        Name: 'Stack/audit-findings',
        LogGroupNames: logs(ids.auditLog),
        QueryString: [
          'fields jsonParse(@message) as line',
          '| filter message in ["topic audited"]',
          '| unnest line.findings into finding',
          '| fields @timestamp, topic, finding.class, finding.partition, finding.first, finding.last, finding.offsets, finding.isOnBroker, finding.evidence, command',
          '| sort @timestamp desc',
          '| limit 100',
        ].join('\n'),
      },
      {
        Name: 'Stack/audit-failures',
        LogGroupNames: logs(ids.auditLog),
        QueryString: [
          'fields @timestamp, message, topic, code, reason, topics.0 as firstPostponed, requestId',
          '| filter message in ["topic not audited","topics left to the next audit"]',
          '| sort @timestamp desc',
          '| limit 100',
        ].join('\n'),
      },
    ]);
  });

  it('select fields that the log line of a batch has', async () => {
    const { deps, telemetry } = archiveParts();
    await archiveHandler(deps)(mskEvent(mskRecords(100, 2)), invocation);
    const lines = telemetry.done.map(({ summary }) => summary);

    const [slowest] = Object.values(resourcesOf(template, 'AWS::Logs::QueryDefinition'));
    const [, fields = ''] =
      /^fields @timestamp, (.*)$/m.exec(String(slowest?.Properties.QueryString)) ?? [];
    const expected = fields.split(', ').map((name) => [name, expect.anything()]);
    expect(expected).toHaveLength(8);
    const run = { partition: 3, firstOffset: 100, lastOffset: 101, records: 2 };
    expect(lines).toEqual([
      expect.objectContaining({ ...Object.fromEntries(expected), runs: [run] }),
    ]);
  });

  it('of the audit exist only with it', { timeout: SYNTH_TIMEOUT_MS }, () => {
    const queries = Object.values(resourcesOf(monitoredTemplate(), 'AWS::Logs::QueryDefinition'));
    expect(queries.map(({ Properties }) => Properties.Name)).toEqual([
      ...['Stack/slowest-batches', 'Stack/failures-by-code', 'Stack/archived-offsets'],
      'Stack/dead-letters',
    ]);
  });

  it('are documented, each with a row', () => {
    const names = Object.values(queryNames);
    expect(names.filter((name) => !documentation.includes(`\n| \`${name}\` |`))).toEqual([]);
  });
});
