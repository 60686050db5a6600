import { z } from 'zod';
import { alarmSettings } from './alarm-settings.ts';
import { auditSettings } from './audit-settings.ts';
import { catalogSettings } from './catalog-settings.ts';
import { deliverySettings } from './delivery-settings.ts';
import { functionSettings, replaySettings } from './function-settings.ts';
import { mappingSettings } from './mapping-settings.ts';
import { networkSettings } from './network-settings.ts';
import { objectSettings } from './object-settings.ts';
import { registrySettings } from './registry-settings.ts';
import { securitySettings } from './security-settings.ts';
import { sourceSettings } from './source-settings.ts';
import { storageSettings } from './storage-settings.ts';
import { topicSettings } from './topic-settings.ts';

/** Every setting, with its allowed values, default and description: the only place that lists them all. */
export const settingsSchema = z.object({
  ...topicSettings,
  ...sourceSettings,
  ...mappingSettings,
  ...registrySettings,
  ...objectSettings,
  ...deliverySettings,
  ...storageSettings,
  ...securitySettings,
  ...catalogSettings,
  ...functionSettings,
  ...replaySettings,
  ...auditSettings,
  ...alarmSettings,
  ...networkSettings,
});

/** The settings by group, in the order in which docs/settings.md explains them. */
export const settingGroups = [
  { title: 'Stack and topics', group: topicSettings },
  { title: 'Cluster and authentication', group: sourceSettings },
  { title: 'Batches and retries', group: mappingSettings },
  { title: 'Schemas and filters', group: registrySettings },
  { title: 'Objects', group: objectSettings },
  { title: 'Delivery', group: deliverySettings },
  { title: 'Storage classes and expiration', group: storageSettings },
  { title: 'Encryption, Object Lock and access logs', group: securitySettings },
  { title: 'Catalog', group: catalogSettings },
  { title: 'Functions', group: functionSettings },
  { title: 'Replay of failed batches', group: replaySettings },
  { title: 'Audit', group: auditSettings },
  { title: 'Alarms', group: alarmSettings },
  { title: 'Network of the pollers', group: networkSettings },
] as const;
