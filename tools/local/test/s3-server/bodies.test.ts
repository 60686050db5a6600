import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { Agent, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { ChecksumAlgorithm, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import {
  bucket,
  createClient,
  failureOf,
  type RunningServer,
  rawRequest,
  startServer,
} from './running-server.ts';

const keyPath = `/${bucket}/key`;

/** Digests of `hello`, from `openssl dgst` and the check values of the CRC catalogue's algorithms. */
const digests = {
  md5: 'XUFAKrxLKna5cZ2REBfFkg==',
  crc32: 'NhCmhg==',
  crc32c: 'mnG7TA==',
  crc64nvme: 'M3eFcAZSQlc=',
  sha1: 'qvTGHdzF6KLavt4PO0gs2a6pQ00=',
  sha256: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=',
} as const;

function put(server: RunningServer, headers: OutgoingHttpHeaders, body: string | Buffer[]) {
  return rawRequest(server.endpoint, { method: 'PUT', path: keyPath, headers, body });
}

async function expectNothingStored(server: RunningServer): Promise<void> {
  const target = { Bucket: bucket, Key: 'key' };
  expect(await failureOf(server.client.send(new GetObjectCommand(target)))).toEqual([
    404,
    'NoSuchKey',
  ]);
  expect(await readdir(path.join(server.root, bucket))).toEqual([]);
  expect(await readdir(path.join(server.root, '.s3', '.tmp'))).toEqual([]);
}

function chunked(trailer: string, ...chunks: string[]): string {
  const encoded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return `${encoded.join('')}0\r\n${trailer}\r\n`;
}

const streaming = {
  'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'x-amz-decoded-content-length': 5,
  'content-encoding': 'aws-chunked',
};

describe('a checksum header', () => {
  it.each(['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const)(
    '%s is checked, and given back',
    async (algorithm) => {
      const server = await startServer();
      const name = `x-amz-checksum-${algorithm}`;
      const wrong = Buffer.from(digests[algorithm], 'base64').fill(7).toString('base64');
      const refused = await put(server, { [name]: wrong }, 'hello');
      const malformed = await put(server, { [name]: 'short' }, 'hello');
      expect([refused.status, refused.code]).toEqual([400, 'BadDigest']);
      expect([malformed.status, malformed.code]).toEqual([400, 'InvalidRequest']);
      await expectNothingStored(server);

      const accepted = await put(server, { [name]: digests[algorithm] }, 'hello');
      const asked = { 'x-amz-checksum-mode': 'ENABLED' };
      const read = await rawRequest(server.endpoint, { path: keyPath, headers: asked });
      const expected = { [name]: digests[algorithm], 'x-amz-checksum-type': 'FULL_OBJECT' };
      expect(accepted.headers).toMatchObject(expected);
      expect(read.headers).toMatchObject(expected);
    },
  );

  it('is S3’s own CRC-64/NVME where the client sent none', async () => {
    const server = await startServer();
    const answer = await put(server, {}, 'hello');
    expect(answer.headers['x-amz-checksum-crc64nvme']).toBe(digests.crc64nvme);
  });

  it.each([
    ['two', { 'x-amz-checksum-crc32': digests.crc32, 'x-amz-checksum-sha1': digests.sha1 }],
    [
      'another than named',
      { 'x-amz-sdk-checksum-algorithm': 'SHA1', 'x-amz-checksum-crc32': digests.crc32 },
    ],
    ['only a name', { 'x-amz-sdk-checksum-algorithm': 'CRC32' }],
  ])('that is %s is InvalidRequest', async (_name, headers) => {
    const server = await startServer();
    const answer = await put(server, headers, 'hello');
    expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
    await expectNothingStored(server);
  });

  it('of an algorithm the server lacks is not passed over', async () => {
    const server = await startServer();
    const answer = await put(server, { 'x-amz-checksum-sha512': 'x' }, 'hello');
    expect([answer.status, answer.code]).toEqual([501, 'NotImplemented']);
  });

  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    '%s as the client computes it holds for a body of many chunks',
    async (name) => {
      const { client } = await startServer();
      const body = randomBytes(300_001);
      const target = { Bucket: bucket, Key: 'key' };
      const algorithm = ChecksumAlgorithm[name];
      await client.send(
        new PutObjectCommand({ ...target, Body: body, ChecksumAlgorithm: algorithm }),
      );
      const { Body } = await client.send(
        new GetObjectCommand({ ...target, ChecksumMode: 'ENABLED' }),
      );
      expect(body.equals((await Body?.transformToByteArray()) ?? Buffer.of())).toBe(true);
    },
  );
});

describe('other digests', () => {
  it.each([
    ['content-md5', digests.md5, 'HUFAKrxLKna5cZ2REBfFkg==', 'BadDigest'],
    [
      'x-amz-content-sha256',
      Buffer.from(digests.sha256, 'base64').toString('hex'),
      '0'.repeat(64),
      'XAmzContentSHA256Mismatch',
    ],
  ])('%s is checked', async (name, right, wrong, code) => {
    const server = await startServer();
    const refused = await put(server, { [name]: wrong }, 'hello');
    expect([refused.status, refused.code]).toEqual([400, code]);
    await expectNothingStored(server);
    expect((await put(server, { [name]: right }, 'hello')).status).toBe(200);
  });

  it.each([
    ['content-md5', 'no digest', 'InvalidDigest'],
    ['x-amz-content-sha256', 'UNKNOWN', 'InvalidArgument'],
    ['x-amz-content-sha256', undefined, 'InvalidRequest'],
  ])('%s of %s is refused', async (name, value, code) => {
    const server = await startServer();
    const answer = await put(server, { [name]: value }, 'hello');
    expect([answer.status, answer.code]).toEqual([400, code]);
    await expectNothingStored(server);
  });
});

describe('an aws-chunked body', () => {
  const withTrailer = { ...streaming, 'x-amz-trailer': 'x-amz-checksum-crc32c' };

  it('is stored plain and checked against its trailer, however it is cut up', async () => {
    const server = await startServer();
    const first = 'x'.repeat(8192);
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(crc32(`${first}hello`));
    const trailer = `x-amz-checksum-crc32:${digest.toString('base64')}`;
    const text = chunked(`${trailer}\r\n`, first, 'hello');
    const pieces = Array.from(text, (character) => Buffer.from(character));
    const headers = {
      ...streaming,
      'x-amz-decoded-content-length': 8197,
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const answers = [await put(server, headers, text), await put(server, headers, pieces)];
    const read = await rawRequest(server.endpoint, { path: keyPath });
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.headers['x-amz-checksum-crc32']).toBe(digest.toString('base64'));
    expect(read.text).toBe(`${first}hello`);
    expect(read.headers['content-encoding']).toBeUndefined();
  });

  it('keeps the encodings of the object itself', async () => {
    const server = await startServer();
    const headers = { ...withTrailer, 'content-encoding': 'aws-chunked,gzip' };
    await put(server, headers, chunked(`x-amz-checksum-crc32c:${digests.crc32c}\r\n`, 'hello'));
    const read = await rawRequest(server.endpoint, { method: 'HEAD', path: keyPath });
    expect(read.headers['content-encoding']).toBe('gzip');
  });

  it('may be signed, with a trailer or without', async () => {
    const server = await startServer();
    const signed = { ...streaming, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' };
    const plain = '5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\n\r\n';
    expect((await put(server, signed, plain)).status).toBe(200);
    const trailed = {
      ...withTrailer,
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    };
    const end = `0;chunk-signature=cd\r\nx-amz-checksum-crc32c:${digests.crc32c}\n\r\nx-amz-trailer-signature:ef\r\n\r\n`;
    const answer = await put(server, trailed, `5;chunk-signature=ab\r\nhello\r\n${end}`);
    expect(answer.status).toBe(200);
  });

  it.each([
    [
      'a wrong trailer',
      withTrailer,
      chunked('x-amz-checksum-crc32c:AAAAAA==\r\n', 'hello'),
      'BadDigest',
    ],
    [
      'a trailer that is no digest',
      withTrailer,
      chunked('x-amz-checksum-crc32c:x\r\n', 'hello'),
      'InvalidRequest',
    ],
    ['no trailer', withTrailer, chunked('', 'hello'), 'MalformedTrailerError'],
    [
      'a trailer without a colon',
      withTrailer,
      chunked('nothing\r\n', 'hello'),
      'MalformedTrailerError',
    ],
    [
      'a trailer nobody announced',
      streaming,
      chunked('x-amz-checksum-crc32:NhCmhg==\r\n', 'hello'),
      'MalformedTrailerError',
    ],
    ['more bytes than it says', streaming, chunked('', 'hello!'), 'IncompleteBody'],
    ['fewer bytes than it says', streaming, chunked('', 'hell'), 'IncompleteBody'],
    ['no last chunk', streaming, '5\r\nhello\r\n', 'IncompleteBody'],
    ['no chunks', streaming, 'hello', 'IncompleteBody'],
    ['a chunk without end', streaming, '4\r\nhello\r\n0\r\n\r\n', 'IncompleteBody'],
    ['a line without end', streaming, '0'.repeat(9000), 'IncompleteBody'],
    [
      'no length',
      { ...streaming, 'x-amz-decoded-content-length': undefined },
      chunked('', 'hello'),
      'MissingContentLength',
    ],
    [
      'a length that is no number',
      { ...streaming, 'x-amz-decoded-content-length': 'five' },
      chunked('', 'hello'),
      'InvalidArgument',
    ],
  ])('with %s is refused, and nothing is stored', async (_name, headers, body, code) => {
    const server = await startServer();
    const answer = await put(server, headers, body);
    expect([answer.status, answer.code]).toEqual([
      code === 'MissingContentLength' ? 411 : 400,
      code,
    ]);
    await expectNothingStored(server);
  });

  it('may have a chunk under 8,192 bytes only at its end', async () => {
    const server = await startServer();
    const text = chunked(`x-amz-checksum-crc32c:${digests.crc32c}\r\n`, 'hel', 'lo');
    const answer = await put(server, withTrailer, text);
    expect([answer.status, answer.code]).toEqual([403, 'InvalidChunkSizeError']);
    expect(answer.text).toContain('<Chunk>2</Chunk><BadChunkSize>3</BadChunkSize>');
    await expectNothingStored(server);
  });

  it('is how the client sends a stream, of known length', async () => {
    const { client } = await startServer();
    const body = randomBytes(3_000_000);
    const target = { Bucket: bucket, Key: 'key' };
    const Body = Readable.from([
      body.subarray(0, 8192),
      body.subarray(8192, 2_999_999),
      body.subarray(2_999_999),
    ]);
    const answer = await client.send(
      new PutObjectCommand({ ...target, Body, ContentLength: body.length }),
    );
    const read = await client.send(new GetObjectCommand(target));
    expect(answer.ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
    expect(body.equals((await read.Body?.transformToByteArray()) ?? Buffer.of())).toBe(true);
  });
});

describe('the length of a body', () => {
  it.each([
    [
      'none',
      { 'content-length': undefined, 'transfer-encoding': 'chunked' },
      501,
      'NotImplemented',
    ],
    ['over 5 GiB', { 'content-length': 5 * 1024 ** 3 + 1 }, 400, 'EntityTooLarge'],
    [
      'over 5 GiB when decoded',
      { ...streaming, 'x-amz-decoded-content-length': 5 * 1024 ** 3 + 1 },
      400,
      'EntityTooLarge',
    ],
  ])('%s is refused before it comes', async (_name, headers, status, code) => {
    const { endpoint } = await startServer();
    const raw = { method: 'PUT', path: keyPath, headers };
    const answer = await rawRequest(endpoint, { ...raw, isHeadOnly: true });
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it('of an XML document is limited too', async () => {
    const { endpoint } = await startServer();
    const headers = { 'content-length': 3 * 1024 ** 2, 'content-md5': digests.md5 };
    const raw = { method: 'POST', path: `/${bucket}?delete`, headers, isHeadOnly: true };
    const answer = await rawRequest(endpoint, raw);
    expect([answer.status, answer.code]).toEqual([400, 'MaxMessageLengthExceeded']);
  });

  it('that never comes in full leaves nothing behind', async () => {
    const server = await startServer();
    const { hostname, port } = new URL(server.endpoint);
    const socket = connect(Number(port), hostname);
    const head = [
      `PUT ${keyPath} HTTP/1.1`,
      'host: localhost',
      'authorization: fake',
      'x-amz-content-sha256: UNSIGNED-PAYLOAD',
      'content-length: 100000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    await new Promise((resolve) => socket.write(Buffer.alloc(50_000), resolve));
    socket.destroy();
    await once(socket, 'close');
    await server.close();
    expect(await readdir(path.join(server.root, bucket))).toEqual([]);
    expect(await readdir(path.join(server.root, '.s3', '.tmp'))).toEqual([]);
  });
});

describe('a connection', () => {
  it('serves the next request after one that was refused with its body on the way', async () => {
    const server = await startServer();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const client = createClient(server.endpoint, { requestHandler: { httpAgent: agent } });
    const Body = randomBytes(1_500_000);
    const target = { Bucket: bucket, Key: 'key', Body };
    for (const IfNoneMatch of ['*', 'no']) {
      const wrong = { ...target, IfNoneMatch, ChecksumCRC32: 'AAAAAA==' };
      const failure = await failureOf(client.send(new PutObjectCommand(wrong)));
      expect(failure).toEqual(IfNoneMatch === '*' ? [400, 'BadDigest'] : [501, 'NotImplemented']);
    }
    expect((await client.send(new PutObjectCommand(target))).$metadata.httpStatusCode).toBe(200);
    agent.destroy();
  });
});
