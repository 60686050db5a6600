import { settingGroups, settingsSchema } from '../../../lib/settings/settings-schema.ts';

const HEAD = `# Settings

<!-- Generated from lib/settings: npm run docs:settings -->

Set them in the \`context\` of \`cdk.json\`, or on the command line with \`-c name=value\`. If a setting is wrong, the synth
stops and reports every problem at once, each with the allowed values.

## What to know first

- **Required** are \`topics\`, and either \`clusterArn\` or \`bootstrapServers\`. Every other setting has a default.
- **Set alarms early.** \`alarmSubscriptions\` names who is notified, and without \`eventMetrics\`, \`expectedTrafficMinutes\` is
  the only way to notice that a mapping has stopped.
- **\`batchWindow\`** delays records by up to that many seconds. A longer window makes fewer, larger objects.
- **\`consumerGroupId\`**: another group gets new event source mappings, which begin at \`startingPosition\`. Mappings that exist
  keep the position with which they were created.
- **\`objectLockDays\`** cannot be undone: a bucket with Object Lock keeps it.
- On the command line everything is text: a list is \`-c topics="orders, payments"\`, an object is JSON, such as
  \`-c metadata='{"env":"prod"}'\`.
`;

const STAGES = `## Stages

Put settings that differ between stages into \`environments\`, and select a stage with \`-c env=prod\`:

\`\`\`json
{
  "context": {
    "topics": "orders, payments",
    "environments": {
      "test": { "clusterArn": "arn:aws:kafka:…:cluster/test/…", "batchWindow": 5 },
      "prod": { "clusterArn": "arn:aws:kafka:…:cluster/shop/…", "metadata": { "env": "prod" } }
    }
  }
}
\`\`\`

\`\`\`sh
npx cdk deploy -c env=prod
\`\`\`

A setting of the stage overrides the same setting outside it, even one that is passed with \`-c\`. Stages in the same
account and region each need their own \`stackName\`.
`;

/** Returns docs/settings.md, generated from the schema. */
export function settingsPage(): string {
  const sections = settingGroups.map(({ title, group }) =>
    [
      `## ${title}`,
      '',
      '| Setting | Allowed values | Default | Description |',
      '|---|---|---|---|',
      ...Object.keys(group).map((name) => row(name as keyof typeof settingsSchema.shape)),
      '',
    ].join('\n'),
  );
  return [HEAD, ...sections, STAGES].join('\n');
}

function row(name: keyof typeof settingsSchema.shape): string {
  const { description = '' } = settingsSchema.shape[name];
  const cells = [`\`${name}\``, allowedValues(name), defaultOf(name), description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The values that a setting accepts, in the words of its error message. */
function allowedValues(name: keyof typeof settingsSchema.shape): string {
  const { error } = settingsSchema.safeParse({ [name]: Number.NaN }, { reportInput: true });
  const message = error?.issues.find(({ path }) => path[0] === name)?.message ?? '';
  return /^must be (.*), got /.exec(message)?.[1] ?? '';
}

function defaultOf(name: keyof typeof settingsSchema.shape): string {
  const schema = settingsSchema.shape[name];
  const { success, data: value } = schema.safeParse(undefined);
  if (!success) return 'required';
  if (value === undefined) return String(schema.meta()?.unset ?? '');
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
