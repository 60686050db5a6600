import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity } from '@smithy/types';

/** Seconds that a token may be used to sign in, as AWS's own signers have it. */
const TOKEN_SECONDS = 900;

/** Who signs in, where, and when. */
export interface MskTokenProps {
  readonly region: string;
  readonly credentials: AwsCredentialIdentity;
  readonly now: Date;
}

/**
 * The token that MSK takes for SASL/OAUTHBEARER: a signed request for `kafka-cluster:Connect`, in
 * base64url. It is what AWS's own signer makes (aws-msk-iam-sasl-signer-js 1.0.3, less the name of that),
 * which brings along the whole client of STS: https://github.com/aws/aws-msk-iam-sasl-signer-js
 *
 * ASSUMED: that a cluster takes it. Only an account shows that.
 */
export async function createMskToken({ region, credentials, now }: MskTokenProps): Promise<string> {
  const hostname = `kafka.${region}.amazonaws.com`;
  const signer = new SignatureV4({
    ...{ service: 'kafka-cluster', region, credentials, sha256: Sha256 },
    applyChecksum: false,
  });
  const { query = {} } = await signer.presign(
    {
      ...{ method: 'GET', protocol: 'https:', hostname, path: '/' },
      query: { Action: 'kafka-cluster:Connect' },
      headers: { host: hostname },
    },
    { expiresIn: TOKEN_SECONDS, signingDate: now },
  );
  const parameters = Object.entries({ ...query, 'User-Agent': 'msk-s3-archiver' });
  const text = parameters
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return Buffer.from(`https://${hostname}/?${text}`).toString('base64url');
}
