import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import {
  type FirehoseClient,
  FirehoseServiceException,
  PutRecordBatchCommand,
} from '@aws-sdk/client-firehose';

/** A delivery stream for one case, with folders by topic, day and hour, gzip and the prefix `archive/`. */
export interface TestStream {
  readonly client: FirehoseClient;
  readonly name: string;
  /** Stores everything that was put, and reads the decompressed text of each object, by key. */
  objects(): Promise<ReadonlyMap<string, string>>;
}

/** One promise of Firehose. */
export interface StreamCase {
  readonly title: string;
  /** The page of AWS that documents it, or what is assumed. */
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
  assert.ok(error instanceof FirehoseServiceException, 'the request was not refused');
  return error.name;
}

/** Reads the text of all objects, by folder. */
async function folders(stream: TestStream): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [key, text] of await stream.objects()) {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    texts[folder] = (texts[folder] ?? '') + text;
  }
  return texts;
}

/** Reads the only error that was stored. */
async function errorOf(stream: TestStream): Promise<Record<string, unknown>> {
  const [entry, ...others] = await stream.objects();
  assert.deepEqual(others, []);
  const [key = '', text = ''] = entry ?? [];
  assert.match(key, /^firehose-errors\/archive\/processing-failed\/dt=\d{4}-\d\d-\d\d\//);
  return JSON.parse(text);
}

/** Everything that the project relies on from Firehose. */
export const streamCases: readonly StreamCase[] = [
  {
    title: 'the records of a call are accepted, each with its own id',
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
    title: 'the lines of a record are stored unchanged and in order, each in its folder',
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
    title: 'lines without a usable timestamp are stored in the folder of 1970',
    evidence: 'the queries of the stack, and jq 1.6: test/real/partition-queries.test.ts',
    async run(stream) {
      await put(stream, [null, -1, 946_684_799_999, 253_402_300_800_000].map(lineOfTime).join(''));
      assert.deepEqual(Object.keys(await folders(stream)), [
        'archive/topic=orders/dt=1970-01-01/hour=00/',
      ]);
    },
  },
  {
    title: 'an object is named by stream, version and time, with the stream’s extension',
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
    title: 'a line without keys is stored as an error, unchanged',
    evidence: `${GUIDE}/dynamic-partitioning-error-handling.html; the form is assumed`,
    async run(stream) {
      await put(stream, 'no JSON\n');
      const { errorCode, rawData } = await errorOf(stream);
      assert.equal(errorCode, 'DynamicPartitioning.MetadataExtractionFailed');
      assert.equal(Buffer.from(String(rawData), 'base64').toString(), 'no JSON');
    },
  },
  {
    title: 'a record of 500 lines is de-aggregated',
    evidence: `${GUIDE}/dynamic-partitioning-multirecord-deaggergation.html`,
    async run(stream) {
      await put(stream, linesOf(500));
      assert.deepEqual(await folders(stream), {
        'archive/topic=orders/dt=2026-11-23/hour=09/': linesOf(500),
      });
    },
  },
  {
    title: 'a record of 501 lines is accepted, but none of them reaches its folder',
    evidence: `${API}/API_PutRecordBatch.html; that it is then stored as an error is assumed`,
    async run(stream) {
      assert.equal((await put(stream, linesOf(501))).FailedPutCount, 0);
      const { errorCode, rawData } = await errorOf(stream);
      assert.equal(errorCode, 'DynamicPartitioning.MetadataExtractionFailed');
      assert.equal(Buffer.from(String(rawData), 'base64').toString(), linesOf(501));
    },
  },
  {
    title: 'a record over 1,024,000 bytes is refused, along with its call',
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
    title: 'a call with no record or more than 500 is refused',
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
    title: 'a call over 4 MiB of records, before base64, is refused',
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
    title: 'a missing stream is refused',
    evidence: `${API}/API_PutRecordBatch.html`,
    async run(stream) {
      const missing = { ...stream, name: `${stream.name}-missing` };
      assert.equal(await refusal(put(missing, lineOf(0))), 'ResourceNotFoundException');
    },
  },
];

function lineOfTime(timestamp: unknown, offset: number): string {
  return lineOf(offset, timestamp);
}
