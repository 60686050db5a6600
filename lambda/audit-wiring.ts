import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { createAudit } from './audit-handler.ts';
import { AUDIT_FILE, type AuditTopic, METRIC_NAMESPACE } from './contract.ts';
import { ArchiverError } from './core/errors.ts';
import { auditEnvironment } from './environment.ts';
import { openAuditBroker } from './io/audit-broker.ts';
import { connectionOf } from './io/audit-connection.ts';
import { createSecrets, createSecretsClient } from './io/audit-secrets.ts';
import { createAuditTelemetry } from './io/audit-telemetry.ts';
import { systemClock as clock } from './io/clock.ts';

/** Wires the audit function, with the topics that the stack wrote beside its bundle. */
export function wireAudit() {
  const settings = auditEnvironment.decode(process.env);
  const topics: readonly AuditTopic[] = JSON.parse(
    readFileSync(join(import.meta.dirname, AUDIT_FILE), 'utf8'),
  );
  const telemetry = createAuditTelemetry(
    new Logger(),
    new Metrics({ namespace: METRIC_NAMESPACE }),
    settings,
  );
  const { random } = Math;
  const region = process.env.AWS_REGION ?? '';
  const secrets = createSecrets(createSecretsClient({ maxConnections: 1, random }));
  return createAudit({
    ...{ clock, telemetry, topics },
    ledgers: { load: async () => undefined },
    auditTopic: async ({ group, topic }, job) => {
      const connection = await connectionOf(settings, { clock, region, secrets }, job);
      await openAuditBroker({ connection, group, topic }).close();
      throw new ArchiverError('UNEXPECTED', 'the audit of a topic is not wired yet');
    },
  });
}
