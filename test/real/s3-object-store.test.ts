import { startRealS3 } from '../../tools/local/real-servers/real-s3.ts';
import { describeGroups } from '../conformance/s3/describe-groups.ts';
import { objectStore } from '../conformance/s3/object-store.ts';

describeGroups('on the real S3 server', [objectStore], (folder) => startRealS3({ folder }));
