import { Aws, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { IConstruct } from 'constructs';

/**
 * The values of `kms:ViaService` for services in a region, such as `s3.eu-west-1.amazonaws.com`. Where the region
 * is in China, or may be because neither it nor that of the stack is known at synth, each service is listed
 * with both suffixes.
 *
 * AWS documents the suffix `amazonaws.com` in every partition, although endpoints in China end in
 * `amazonaws.com.cn`. The latter is listed besides, since a key that refused S3 would keep every record out:
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 *
 * @param region of the key; a token for a key that is created in the stack or an import without a known ARN
 */
export function viaService(
  scope: IConstruct,
  region: string,
  services: readonly string[],
): string[] {
  const known = Token.isUnresolved(region) ? Stack.of(scope).region : region;
  const mayBeInChina = Token.isUnresolved(known) || known.startsWith('cn-');
  const suffixes = ['amazonaws.com', ...(mayBeInChina ? ['amazonaws.com.cn'] : [])];
  return services.flatMap((service) => suffixes.map((suffix) => `${service}.${region}.${suffix}`));
}

/**
 * The service principal of CloudWatch Logs, which is that of a region and ends as the endpoints there do.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function logsPrincipal({ region }: Stack): string {
  const suffix = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).domainSuffix;
  return `logs.${region}.${suffix ?? Aws.URL_SUFFIX}`;
}
