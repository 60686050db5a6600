/** Hosts of the console, by partition of AWS. */
const consoleHosts: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** Where lines of a log are. */
export interface LogPlace {
  readonly logGroup: string;
  /** @default - any */
  readonly logStream?: string;
  /** Words of the lines that are looked for. */
  readonly phrase: string;
  /** Epoch milliseconds, before which no line is looked for. @default - all lines there are */
  readonly since?: number | undefined;
}

/**
 * A link to lines of a log, in the console of CloudWatch; undefined in a partition whose console is not
 * known. ASSUMED: the form of the link, which is the console's own and not documented.
 *
 * @param arn of anything in the region of the log
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

/** The console decodes twice, and has `$` for `%`. */
function encode(text: string): string {
  return encodeURIComponent(encodeURIComponent(text.toWellFormed())).replaceAll('%', '$');
}
