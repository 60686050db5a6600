import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { bucket, failureOf, rawRequest, startServer } from './running-server.ts';

const path = `/${bucket}/key`;
const helloEtag = '"5d41402abc4b2a76b9719d911017c592"';

function put(
  client: S3Client,
  body: string,
  conditions: { IfNoneMatch?: string; IfMatch?: string },
) {
  return client.send(
    new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: body, ...conditions }),
  );
}

async function read(client: S3Client): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'key' }));
  return Body?.transformToString();
}

describe('a conditional put', () => {
  it('is won by exactly one of twenty at once, whose body is the one stored', async () => {
    const { client } = await startServer();
    const bodies = Array.from({ length: 20 }, (_, index) => `${index} `.repeat(50_000));
    const results = await Promise.allSettled(
      bodies.map((body) => put(client, body, { IfNoneMatch: '*' })),
    );
    const winners = bodies.filter((_, index) => results[index]?.status === 'fulfilled');
    const failures = results.filter((result) => result.status === 'rejected');

    expect(winners).toHaveLength(1);
    expect(failures.map(({ reason }) => [reason.name, reason.$metadata.httpStatusCode])).toEqual(
      Array.from({ length: 19 }, () => ['PreconditionFailed', 412]),
    );
    expect(await read(client)).toBe(winners[0]);
  });

  it('of what is there already changes nothing and says which condition failed', async () => {
    const { client, endpoint } = await startServer();
    await put(client, 'hello', {});
    const headers = { 'if-none-match': '*' };
    const answer = await rawRequest(endpoint, { method: 'PUT', path, headers, body: 'other' });
    expect(answer.status).toBe(412);
    expect(answer.text).toContain(
      '<Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold</Message><Condition>If-None-Match</Condition>',
    );
    expect(await read(client)).toBe('hello');
  });

  it('with an entity tag replaces that very object only', async () => {
    const { client } = await startServer();
    expect(await failureOf(put(client, 'x', { IfMatch: helloEtag }))).toEqual([404, 'NoSuchKey']);
    await put(client, 'hello', {});
    await put(client, 'second', { IfMatch: helloEtag });
    const failure = await failureOf(put(client, 'third', { IfMatch: helloEtag }));
    expect(failure).toEqual([412, 'PreconditionFailed']);
    expect(await read(client)).toBe('second');
  });

  it('of a kind S3 does not know is not taken for an unconditional one', async () => {
    const { client } = await startServer();
    const calls = [
      put(client, 'x', { IfNoneMatch: helloEtag }),
      put(client, 'x', { IfMatch: '*' }),
    ];
    expect(await Promise.all(calls.map(failureOf))).toEqual(
      calls.map(() => [501, 'NotImplemented']),
    );
    expect(await failureOf(read(client))).toEqual([404, 'NoSuchKey']);
  });
});

describe('a conditional read', () => {
  const modified = 'Wed, 04 Mar 2026 05:06:07 GMT';
  const earlier = 'Wed, 04 Mar 2026 05:06:06 GMT';

  it.each([
    [{ 'if-match': helloEtag }, 200],
    [{ 'if-match': '"other", *' }, 200],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-none-match': helloEtag }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-modified-since': modified }, 304],
    [{ 'if-modified-since': earlier }, 200],
    [{ 'if-modified-since': 'no date' }, 200],
    [{ 'if-unmodified-since': modified }, 200],
    [{ 'if-unmodified-since': earlier }, 412],
    [{ 'if-match': helloEtag, 'if-unmodified-since': earlier }, 200],
    [{ 'if-none-match': helloEtag, 'if-modified-since': earlier }, 304],
    [{ 'if-none-match': '"other"', 'if-modified-since': modified }, 200],
  ])('with %o answers %i', async (headers, status) => {
    const { client, endpoint } = await startServer({ now: () => new Date(modified) });
    await put(client, 'hello', {});
    const get = await rawRequest(endpoint, { path, headers });
    const head = await rawRequest(endpoint, { method: 'HEAD', path, headers });
    expect([get.status, head.status]).toEqual([status, status]);
    expect(get.text === 'hello').toBe(status === 200);
    expect(head.text).toBe('');
    if (status === 304) expect(get.headers).toMatchObject({ etag: helloEtag });
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-0', 206, 'h', 'bytes 0-0/5'],
    ['bytes=1-3', 206, 'ell', 'bytes 1-3/5'],
    ['bytes=3-', 206, 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 206, 'lo', 'bytes 3-4/5'],
    ['bytes=-9', 206, 'hello', 'bytes 0-4/5'],
    ['bytes=2-99', 206, 'llo', 'bytes 2-4/5'],
    ['bytes=3-1', 200, 'hello', undefined],
    ['bytes=0-1,3-4', 200, 'hello', undefined],
    ['bytes=-', 200, 'hello', undefined],
    ['lines=0-1', 200, 'hello', undefined],
  ])('%s answers %i', async (range, status, text, contentRange) => {
    const { client, endpoint } = await startServer();
    await put(client, 'hello', {});
    const get = await rawRequest(endpoint, { path, headers: { range } });
    const head = await rawRequest(endpoint, { method: 'HEAD', path, headers: { range } });
    expect([get.status, get.text, get.headers['content-range']]).toEqual([
      status,
      text,
      contentRange,
    ]);
    expect([head.status, head.headers['content-length']]).toEqual([status, String(text.length)]);
  });

  it.each(['bytes=5-', 'bytes=-0', 'bytes=7-9'])(
    '%s of five bytes is InvalidRange',
    async (Range) => {
      const { client } = await startServer();
      await put(client, 'hello', {});
      const target = { Bucket: bucket, Key: 'key', Range };
      const failure = await failureOf(client.send(new GetObjectCommand(target)));
      expect(failure).toEqual([416, 'InvalidRange']);
      const head = await failureOf(client.send(new HeadObjectCommand(target)));
      expect(head[0]).toBe(416);
    },
  );
});

describe('a reader', () => {
  it('may have other headers than were stored, if they are headers', async () => {
    const { client, endpoint } = await startServer();
    await put(client, 'hello', {});
    const asked = await rawRequest(endpoint, {
      path: `${path}?response-content-type=text%2Fcsv&response-content-encoding=gzip`,
    });
    const broken = await rawRequest(endpoint, { path: `${path}?response-content-type=a%0Ab` });
    expect(asked.headers).toMatchObject({ 'content-type': 'text/csv', 'content-encoding': 'gzip' });
    expect([broken.status, broken.code]).toEqual([400, 'InvalidArgument']);
  });
});
