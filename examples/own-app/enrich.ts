import type { Enrich } from 'msk-s3-archiver';

/** Copies the header `tenant` of a record to the metadata of its line. */
export const enrich: Enrich = ({ headers }) => ({
  tenant: headers.find(({ name }) => name === 'tenant')?.value?.toString() ?? null,
});
