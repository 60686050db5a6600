import { settingsSchema } from '../../../lib/settings/settings-schema.ts';

/** docs/settings.md, written from the schema: what each setting takes, its default, what it does. */
export function settingsPage(): string {
  const rows = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const cells = [`\`${name}\``, allowed(name), preset(name), schema.description ?? ''];
    return `| ${cells.map((cell) => cell.replaceAll(/[|<]/g, '\\$&')).join(' | ')} |`;
  });
  return [
    '# Settings',
    '',
    '<!-- Written from lib/settings/settings-schema.ts: npx vitest run test/lib/settings/settings-page.test.ts -u -->',
    '',
    'In the `context` of `cdk.json`, or with `-c name=value`. A mistake is answered with every problem at once.',
    '',
    '| Setting | Must | If not set | What it does |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## Environments',
    '',
    'Settings that differ between environments go into `environments`, and `-c env=prod` puts those of one over',
    'the others:',
    '',
    '```json',
    '{',
    '  "context": {',
    '    "topics": "orders, payments",',
    '    "environments": {',
    '      "test": { "clusterArn": "arn:aws:kafka:…:cluster/test/…", "batchWindow": 5 },',
    '      "prod": { "clusterArn": "arn:aws:kafka:…:cluster/shop/…", "metadata": { "env": "prod" } }',
    '    }',
    '  }',
    '}',
    '```',
    '',
    '```sh',
    'npx cdk deploy -c env=prod',
    '```',
    '',
    'A setting of the environment wins over one of the same name beside it, also over one that is given with `-c`.',
    'Environments in one account and region need a `stackName` each.',
    '',
  ].join('\n');
}

/** What a setting must be, in the words of its own refusal. */
function allowed(name: string): string {
  const { error } = settingsSchema.safeParse({ [name]: Number.NaN }, { reportInput: true });
  const messages = (error?.issues ?? []).flatMap(({ message, path }) =>
    path[0] === name ? [/^must (.*), got /.exec(message)?.[1] ?? message] : [],
  );
  return messages[0] ?? '';
}

function preset(name: string): string {
  const { data } = settingsSchema.partial().safeParse({});
  const value = Object.entries(data ?? {}).find(([key]) => key === name)?.[1];
  return value === undefined
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
