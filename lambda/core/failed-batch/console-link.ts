/** Hosts of the AWS console by AWS partition. */
const consoleHosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** Which log lines to show. */
export interface LogPlace {
  readonly logGroup: string;
  /** @default - all streams of the group */
  readonly logStream?: string;
  /** Text to filter the lines by. */
  readonly phrase: string;
  /** Epoch milliseconds of the first line to show. @default - all lines */
  readonly since?: number | undefined;
}

/**
 * Returns a link to log lines in the CloudWatch console, or undefined in an AWS partition whose console is
 * unknown. ASSUMED: the format of the link, which AWS does not document.
 *
 * @param arn ARN of any resource in the log's region
 */
export function logLink(
  arn: string,
  { logGroup, logStream, phrase, since }: LogPlace,
): string | undefined {
  const [, partition = '', , region] = arn.split(':');
  const host = consoleHosts[partition];
  if (host === undefined) return undefined;
  const stream = logStream === undefined ? '' : `/${encode(logStream)}`;
  const start = since === undefined ? '' : `$26start$3D${since}`;
  return [
    `https://${region}.${host}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/`,
    `${encode(logGroup)}/log-events${stream}$3FfilterPattern$3D${encode(`"${phrase}"`)}${start}`,
  ].join('');
}

/** The console decodes twice, and uses `$` in place of `%`. */
function encode(text: string): string {
  return encodeURIComponent(encodeURIComponent(text.toWellFormed())).replaceAll('%', '$');
}
