import { describeGroups } from '../conformance/s3/describe-groups.ts';
import { objectStore } from '../conformance/s3/object-store.ts';
import { startRealS3 } from './real-s3.ts';

describeGroups('on the real S3 server', [objectStore], (folder) => startRealS3({ folder }));
