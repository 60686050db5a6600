import { conformanceGroups } from '../../../../test/conformance/s3/cases.ts';
import { describeGroups } from '../../../../test/conformance/s3/describe-groups.ts';
import { startS3Server } from '../../s3-server/server.ts';

// The real server runs the same list in test/real/s3-conformance.test.ts.
describeGroups('the local S3 server', conformanceGroups, async (root) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { ...(await startS3Server({ root })), credentials };
});
