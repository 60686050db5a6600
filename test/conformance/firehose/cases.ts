import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import {
  DescribeDeliveryStreamCommand,
  type FirehoseClient,
  FirehoseServiceException,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';

/** A delivery stream of its own, with folders by topic, day and hour, gzip and the prefix `archive/`. */
export interface TestStream {
  readonly client: FirehoseClient;
  readonly name: string;
  /** All that it has made so far of what was put, once that is made: the text of each object, unpacked, by its key. */
  objects(): Promise<ReadonlyMap<string, string>>;
}

/** What the project relies on from Firehose. */
export interface StreamCase {
  readonly title: string;
  /** The page of AWS that says so, or what is assumed. */
  readonly evidence: string;
  run(stream: TestStream): Promise<void>;
}

const API = 'https://docs.aws.amazon.com/firehose/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/firehose/latest/dev';

const MAX_RECORD = 1_024_000;
const MAX_CALL = 4 * 1024 * 1024;

/** 2026-11-23T09:15:00Z */
const morning = Date.UTC(2026, 10, 23, 9, 15);

const lineOf = (offset: number, timestamp: unknown = morning, topic = 'orders') =>
  `${JSON.stringify({ topic, partition: 0, offset, timestamp, value: 'é'.repeat(10) })}\n`;

const linesOf = (count: number) =>
  Array.from({ length: count }, (_, offset) => lineOf(offset)).join('');

const put = ({ client, name }: TestStream, ...records: readonly (string | Buffer)[]) =>
  client.send(
    new PutRecordBatchCommand({
      DeliveryStreamName: name,
      Records: records.map((record) => ({ Data: Buffer.from(record) })),
    }),
  );

async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FirehoseServiceException, 'was not refused');
  return error.name;
}

/** What objects there are, by folder. */
async function folders(stream: TestStream): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [key, text] of await stream.objects()) {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    texts[folder] = (texts[folder] ?? '') + text;
  }
  return texts;
}

/** The error that was stored; its only one. */
async function errorOf(stream: TestStream): Promise<Record<string, unknown>> {
  const [entry, ...others] = await stream.objects();
  assert.deepEqual(others, []);
  const [key = '', text = ''] = entry ?? [];
  assert.match(key, /^firehose-errors\/archive\/processing-failed\/dt=\d{4}-\d\d-\d\d\//);
  return JSON.parse(text);
}

/** All that the project relies on from Firehose. */
export const streamCases: readonly StreamCase[] = [
  {
    title: 'records of a call are taken, each with an id of its own',
    evidence: `${API}/API_PutRecordBatch.html`,
    async run(stream) {
      const { FailedPutCount, RequestResponses = [] } = await put(stream, lineOf(0), lineOf(1));
      assert.equal(FailedPutCount, 0);
      assert.equal(new Set(RequestResponses.map(({ RecordId }) => RecordId)).size, 2);
      assert.deepEqual(
        RequestResponses.map(({ ErrorCode }) => ErrorCode),
        [undefined, undefined],
      );
    },
  },
  {
    title: 'a record is taken by itself',
    evidence: `${API}/API_PutRecord.html`,
    async run(stream) {
      const { client, name: DeliveryStreamName } = stream;
      const Record = { Data: Buffer.from(lineOf(7)) };
      const { RecordId } = await client.send(new PutRecordCommand({ DeliveryStreamName, Record }));
      assert.notEqual(RecordId ?? '', '');
      assert.deepEqual(await folders(stream), {
        'archive/topic=orders/dt=2026-11-23/hour=09/': lineOf(7),
      });
    },
  },
  {
    title: 'lines of a record come out as they were, in the folder of each, in their order',
    evidence: `${GUIDE}/dynamic-partitioning-multirecord-deaggergation.html`,
    async run(stream) {
      const later = morning + 45 * 60_000;
      await put(
        stream,
        lineOf(0) + lineOf(1, later) + lineOf(2),
        lineOf(3, later) + lineOf(4, later, 'payments'),
      );
      assert.deepEqual(await folders(stream), {
        'archive/topic=orders/dt=2026-11-23/hour=09/': lineOf(0) + lineOf(2),
        'archive/topic=orders/dt=2026-11-23/hour=10/': lineOf(1, later) + lineOf(3, later),
        'archive/topic=payments/dt=2026-11-23/hour=10/': lineOf(4, later, 'payments'),
      });
    },
  },
  {
    title: 'lines without a usable timestamp go to the invalid folder',
    evidence: 'the queries of the stack, and jq 1.6: test/real/partition-queries.test.ts',
    async run(stream) {
      await put(stream, [null, -1, 946_684_799_999, 253_402_300_800_000].map(lineOfTime).join(''));
      assert.deepEqual(Object.keys(await folders(stream)), [
        'archive/topic=orders/dt=invalid/hour=00/',
      ]);
    },
  },
  {
    title: 'an object is named by stream, version and time, with the extension of the stream',
    evidence: `${GUIDE}/s3-object-name.html`,
    async run(stream) {
      await put(stream, lineOf(0));
      const [key = ''] = (await stream.objects()).keys();
      assert.match(
        key.slice(key.lastIndexOf('/') + 1),
        new RegExp(`^${stream.name}-1-\\d{4}(-\\d\\d){5}-[\\da-f-]{36}\\.jsonl\\.gz$`),
      );
    },
  },
  {
    title: 'a line without keys goes to the errors, as it came',
    evidence: `${GUIDE}/dynamic-partitioning-error-handling.html; the form is assumed`,
    async run(stream) {
      await put(stream, 'no JSON\n');
      const { errorCode, rawData } = await errorOf(stream);
      assert.equal(errorCode, 'DynamicPartitioning.MetadataExtractionFailed');
      assert.equal(Buffer.from(String(rawData), 'base64').toString(), 'no JSON');
    },
  },
  {
    title: 'a record of 500 lines is parted',
    evidence: `${GUIDE}/dynamic-partitioning-multirecord-deaggergation.html`,
    async run(stream) {
      await put(stream, linesOf(500));
      assert.deepEqual(await folders(stream), {
        'archive/topic=orders/dt=2026-11-23/hour=09/': linesOf(500),
      });
    },
  },
  {
    title: 'a record of 501 lines is taken, and none of them gets to its folder',
    evidence: `${API}/API_PutRecordBatch.html; that it then lies with the errors is assumed`,
    async run(stream) {
      assert.equal((await put(stream, linesOf(501))).FailedPutCount, 0);
      const { errorCode, rawData } = await errorOf(stream);
      assert.equal(errorCode, 'DynamicPartitioning.MetadataExtractionFailed');
      assert.equal(Buffer.from(String(rawData), 'base64').toString(), linesOf(501));
    },
  },
  {
    title: 'a record has 1,024,000 bytes at most, else nothing of its call is taken',
    evidence: `${API}/API_Record.html`,
    async run(stream) {
      const line = lineOf(0).trimEnd();
      const longest = line + ' '.repeat(MAX_RECORD - Buffer.byteLength(line));
      assert.equal((await put(stream, longest)).FailedPutCount, 0);
      const call = put(stream, lineOf(1), Buffer.alloc(MAX_RECORD + 1));
      assert.equal(await refusal(call), 'ValidationException');
      assert.deepEqual(await folders(stream), {
        'archive/topic=orders/dt=2026-11-23/hour=09/': `${longest}\n`,
      });
    },
  },
  {
    title: 'a call has 500 records at most, and one at least',
    evidence: `${API}/API_PutRecordBatch.html`,
    async run(stream) {
      const records = (count: number) => Array.from({ length: count }, (_, i) => lineOf(i));
      assert.equal((await put(stream, ...records(500))).RequestResponses?.length, 500);
      assert.equal(await refusal(put(stream, ...records(501))), 'ValidationException');
      assert.equal(await refusal(put(stream)), 'ValidationException');
      assert.deepEqual(await folders(stream), {
        'archive/topic=orders/dt=2026-11-23/hour=09/': linesOf(500),
      });
    },
  },
  {
    title: 'a call has 4 MiB of records at most, before base64',
    evidence: `${API}/API_PutRecordBatch.html; that MB are MiB is assumed`,
    async run(stream) {
      const mebibytes = Array.from({ length: 4 }, () => Buffer.alloc(MAX_RECORD, ' '));
      const rest = Buffer.alloc(MAX_CALL - 4 * MAX_RECORD, ' ');
      assert.equal((await put(stream, ...mebibytes, rest)).FailedPutCount, 0);
      const more = put(stream, ...mebibytes, Buffer.alloc(rest.length + 1, ' '));
      assert.equal(await refusal(more), 'InvalidArgumentException');
    },
  },
  {
    title: 'a stream that is not there is refused',
    evidence: `${API}/API_PutRecordBatch.html`,
    async run(stream) {
      const missing = { ...stream, name: `${stream.name}-missing` };
      assert.equal(await refusal(put(missing, lineOf(0))), 'ResourceNotFoundException');
    },
  },
  {
    title: 'a stream tells that it is there, and how it buffers',
    evidence: `${API}/API_DescribeDeliveryStream.html`,
    async run({ client, name: DeliveryStreamName }) {
      const { DeliveryStreamDescription: told } = await client.send(
        new DescribeDeliveryStreamCommand({ DeliveryStreamName }),
      );
      assert.equal(told?.DeliveryStreamName, DeliveryStreamName);
      assert.equal(told?.DeliveryStreamStatus, 'ACTIVE');
      const s3 = told?.Destinations?.[0]?.ExtendedS3DestinationDescription;
      assert.deepEqual(s3?.BufferingHints, { SizeInMBs: 64, IntervalInSeconds: 60 });
      assert.equal(s3?.CompressionFormat, 'GZIP');
      assert.equal(s3?.DynamicPartitioningConfiguration?.Enabled, true);
    },
  },
];

function lineOfTime(timestamp: unknown, offset: number): string {
  return lineOf(offset, timestamp);
}
