/**
 * Settings of what Lambda does with records before the function gets them: schemas, and filters.
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
  secretArn,
  show,
  text,
} from './setting-forms.ts';
import { areSound, type Given, type Refinement, report } from './setting-report.ts';

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
    return `must have the field value and no other (${reason}), got ${names.map(show).join(', ') || 'none'}`;
  }
  const { length } = JSON.stringify(pattern);
  if (length <= MAX_PATTERN_LENGTH) return undefined;
  return `must take at most ${MAX_PATTERN_LENGTH} characters as JSON, got ${length}`;
}

/** The schema of each. */
export const registrySettings = {
  schemaRegistry: jsonObject(schemaRegistry)
    .optional()
    .describe(
      'Schema registry that Lambda checks records with, as {"uri": ARN of a Glue registry or URL of a Confluent one, "format": "SOURCE" or "JSON", "validate": "KEY, VALUE", "authentication": "BASIC_AUTH" or "CLIENT_CERTIFICATE_TLS_AUTH", "secretArn": …, "rootCaSecretArn": …}, all but uri optional, the last three for Confluent; needs provisionedPollers. It changes what is archived: docs/sources.md. None if not set, and what is archived is what was produced',
    ),
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
    .describe(
      'Patterns, as JSON text: only records whose value matches one of them are archived; the others are read, committed and not stored, and no listing shows which they were. All records if not set',
    ),
};

/** Reports what of them does not go together. */
export function checkRegistry(
  { schemaRegistry: registry, ...given }: Given,
  refinement: Refinement,
) {
  if (registry === undefined || !areSound(refinement, 'schemaRegistry')) return;
  const refuse = (message: string) => report(refinement, 'schemaRegistry', message);
  if (given.provisionedPollers === undefined) {
    const reason = 'Lambda takes schema registries in provisioned mode only';
    refuse(`must not be set without provisionedPollers (${reason}), got ${show(registry)}`);
  }
  const { uri, authentication, secretArn, rootCaSecretArn } = registry;
  if (!uri.startsWith('https://')) {
    const names = { authentication, secretArn, rootCaSecretArn };
    for (const [name, value] of Object.entries(names)) {
      if (value === undefined) continue;
      refuse(`must not have ${name} with a Glue registry (the role reads it), got ${show(value)}`);
    }
  } else if ((authentication === undefined) !== (secretArn === undefined)) {
    refuse('must have both authentication and secretArn, or neither');
  }
}
