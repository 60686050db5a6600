import { expect, it } from 'vitest';
import { isQueueEvent } from '../../../../lambda/core/failed-batch/queue-event.ts';

it.each([
  [{ Records: [{ eventSource: 'aws:sqs' }, { eventSource: 'aws:sqs' }] }, true],
  [{ Records: [{ eventSource: 'aws:sqs' }, { eventSource: 'aws:s3' }] }, false],
  [{ Records: [null] }, false],
  [{ Records: {} }, false],
  [{ command: 'replay' }, false],
  [null, false],
  ['Records', false],
])('recognises whether %j is from a queue', (event, expected) => {
  expect(isQueueEvent(event)).toBe(expected);
});
