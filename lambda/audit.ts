import { wireAudit } from './audit-wiring.ts';

/** The handler of the audit function. */
export const handler = wireAudit();
