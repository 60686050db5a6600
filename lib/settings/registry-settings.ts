/**
 * Settings of what Lambda does with records before it invokes the function: schema validation and filters.
 *
 * @module
 */
import { z } from 'zod';
import {
  choice,
  jsonFields,
  jsonObject,
  must,
  nameList,
  quoted,
  secretArn,
  text,
} from './setting-forms.ts';
import type { SettingReport, SettingsOf } from './setting-report.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
const MAX_FILTERS = 5;
const MAX_PATTERN_LENGTH = 4096;

const GLUE_REGISTRY = String.raw`arn:aws[a-z-]*:glue:[a-z0-9-]+:\d{12}:registry\/[\w$#.-]{1,255}`;

const schemaRegistry = jsonFields(
  {
    uri: text(
      new RegExp(`^(?:${GLUE_REGISTRY}|https://[^\\s@]{1,2000})$`),
      'be the ARN of a Glue schema registry, or the https:// URL of a Confluent one without a password',
    ),
    format: choice(['SOURCE', 'JSON']).default('SOURCE'),
    validate: nameList({ of: choice(['KEY', 'VALUE']), noun: 'attribute', max: 2 }).default([
      'VALUE',
    ]),
    authentication: choice(['BASIC_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH']).optional(),
    secretArn: secretArn().optional(),
    rootCaSecretArn: secretArn().optional(),
  },
  '{"uri":"https://registry.example.com","authentication":"BASIC_AUTH","secretArn":"arn:…"}',
);

/** A schema registry, checked, with its defaults. */
export type SchemaRegistrySettings = z.output<typeof schemaRegistry>;

const filtersError = must(
  'be a list of patterns, as JSON text such as [{"value":{"kind":["order"]}}]',
);
const filter = z
  .looseObject(
    {},
    { error: must('be a pattern, as JSON text such as {"value":{"kind":["order"]}}') },
  )
  .superRefine((pattern, context) => {
    const names = Object.keys(pattern);
    const problem = patternProblem(pattern, names);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

function patternProblem(pattern: object, names: readonly string[]): string | undefined {
  if (names.length !== 1 || names[0] !== 'value') {
    const reason = 'Lambda filters Kafka records by their value only';
    return `must have the field value and no other (${reason}), got ${quoted(names) || 'none'}`;
  }
  const { length } = JSON.stringify(pattern);
  if (length <= MAX_PATTERN_LENGTH) return undefined;
  return `must have at most ${MAX_PATTERN_LENGTH} characters as JSON, got ${length}`;
}

/** What Lambda does with records before it invokes the function. */
export const registrySettings = {
  schemaRegistry: jsonObject(schemaRegistry).optional().meta({
    description:
      'Schema registry that Lambda validates records against, as a JSON object. `uri` is the ARN of a Glue registry or the https:// URL of a Confluent one; `format` is "SOURCE" (the default) or "JSON"; `validate` is "VALUE" (the default), "KEY" or "KEY, VALUE". For a Confluent registry, `authentication` is "BASIC_AUTH" or "CLIENT_CERTIFICATE_TLS_AUTH" with `secretArn`, and `rootCaSecretArn` names the certificate of a private authority. Requires `provisionedPollers`. A registry changes what is archived: docs/configure.md.',
    unset: 'none, and records are archived as they were produced',
  }),
  filters: jsonObject(
    z
      .array(filter, { error: filtersError })
      .refine(({ length }) => length >= 1 && length <= MAX_FILTERS, {
        error: must(`have 1 to ${MAX_FILTERS} patterns`),
        // Text has a length, too.
        when: ({ value }) => Array.isArray(value),
      }),
  )
    .optional()
    .meta({
      description: `Filter patterns as JSON, at most ${MAX_FILTERS}. Only records whose value matches at least one pattern are archived. The others are read and committed but not stored, and nothing lists which they were.`,
      unset: 'every record is archived',
    }),
};

/** What the rules of the registry look at besides its own settings. */
interface Given extends SettingsOf<typeof registrySettings> {
  readonly provisionedPollers?: unknown;
}

/** Reports settings of the schema registry that do not go together. */
export function checkRegistry(report: SettingReport<Given>): void {
  const { schemaRegistry: registry, provisionedPollers } = report.given;
  if (registry === undefined || !report.isSound('schemaRegistry')) return;
  if (provisionedPollers === undefined) {
    const reason = 'Lambda uses schema registries in provisioned mode only';
    report.refuse('schemaRegistry', 'not be set without provisionedPollers', { reason });
  }
  const { uri, authentication, secretArn, rootCaSecretArn } = registry;
  if (!uri.startsWith('https://')) {
    for (const [name, got] of Object.entries({ authentication, secretArn, rootCaSecretArn })) {
      if (got === undefined) continue;
      const reason = 'the role of the function reads it';
      report.refuse('schemaRegistry', `not have ${name} with a Glue registry`, { reason, got });
    }
  } else if ((authentication === undefined) !== (secretArn === undefined)) {
    report.report('schemaRegistry', 'must have both authentication and secretArn, or neither');
  }
}
