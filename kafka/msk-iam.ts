import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity } from '@smithy/types';
import type { KafkaConnection } from './connection.ts';

/** Seconds for which a token can be used to sign in, as in AWS's own signers. */
const TOKEN_SECONDS = 900;

/** The principal that signs in, and the region of the cluster. */
export interface MskIdentity {
  readonly region: string;
  readonly credentials: AwsCredentialIdentity;
}

/** What a token is created from. */
export interface MskTokenProps extends MskIdentity {
  readonly now: Date;
}

/** How to connect with {@link mskIamConnection}. */
export interface MskIamOptions {
  /** `host:port` of some brokers: listeners for IAM have port 9098, or 9198 when public. */
  readonly brokers: readonly string[];
  /** Certificate authority to trust, in PEM. @default - the system's */
  readonly ca?: string | undefined;
  /** Called for each connection, since credentials expire. */
  readonly identity: () => Promise<MskIdentity>;
  /** The current time. */
  readonly now: () => Date;
}

/** Connects to an MSK cluster with IAM access control: over TLS, with a token for each connection. */
export function mskIamConnection(options: MskIamOptions): KafkaConnection {
  const { brokers, ca, identity, now } = options;
  return {
    brokers,
    tls: ca === undefined ? {} : { ca },
    sasl: {
      mechanism: 'IAM',
      token: async () => createMskToken({ ...(await identity()), now: now() }),
    },
  };
}

/**
 * Creates the token that MSK accepts for SASL/OAUTHBEARER: a signed request for `kafka-cluster:Connect`, in
 * base64url. It equals the token of AWS's own signer (aws-msk-iam-sasl-signer-js 1.0.3) except for the signer's name;
 * that package depends on the whole STS client: https://github.com/aws/aws-msk-iam-sasl-signer-js
 *
 * The host has the suffix `amazonaws.com` in every region, those of China included, as in AWS's signers for
 * JavaScript (1.0.3), Python (1.0.2) and Go (read 2026-11-28). The host is signed but never looked up.
 *
 * ASSUMED: that a cluster accepts it. Only an AWS account can show that.
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
