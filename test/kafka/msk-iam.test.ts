import { describe, expect, it } from 'vitest';
import { createMskToken } from '../../kafka/msk-iam.ts';

// AWS's example credentials: of no account.
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'a+session/token==',
};
const region = 'eu-west-1';
const now = new Date('2026-11-24T22:56:54Z');

describe('the token', () => {
  it("is what AWS's own signer makes, but for the name of the signer", async () => {
    const token = await createMskToken({ region, credentials, now });

    expect(token).toMatch(/^[\w-]+$/);
    const url = new URL(Buffer.from(token, 'base64url').toString());
    expect(url.origin + url.pathname).toBe('https://kafka.eu-west-1.amazonaws.com/');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20261124/eu-west-1/kafka-cluster/aws4_request',
      'X-Amz-Date': '20261124T225654Z',
      'X-Amz-Expires': '900',
      'X-Amz-Security-Token': 'a+session/token==',
      'X-Amz-SignedHeaders': 'host',
      // By aws-msk-iam-sasl-signer-js 1.0.3, with these credentials at that second.
      'X-Amz-Signature': 'e351d551236e2a3b702280ed030f377b3f33df3320dd884fb7d41b0dfc19502e',
      'User-Agent': 'msk-s3-archiver',
    });
  });
});
