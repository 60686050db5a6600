import { describe, expect, it } from 'vitest';
import { reservedMetadataFields } from '../../../lambda/contract.ts';
import { conflictKey, groupRuns, objectKey } from '../../../lambda/core/object/object-key.ts';
import {
  MAX_METADATA_BYTES,
  MAX_OBJECT_PREFIX_BYTES,
} from '../../../lib/settings/object-settings.ts';
import { parseSettings } from '../../../lib/settings/settings.ts';
import { settingsSchema } from '../../../lib/settings/settings-schema.ts';
import {
  clusterArn,
  keyArn,
  msk,
  now,
  problems,
  secretArn,
  selfManaged,
} from '../settings-fixture.ts';

type Settings = Readonly<Record<string, unknown>>;

/** What one setting accepts and refuses. */
interface Limits {
  readonly name: string;
  /** The other settings. */
  readonly base: Settings;
  /** The default, if it is worth a test. */
  readonly preset?: unknown;
  /** Values, each with what is read from it, if it is not the value itself. */
  readonly accepts: readonly (readonly [given: unknown, read?: unknown])[];
  /** Values, each with the problem, as it continues after the name of the setting. */
  readonly refuses: readonly (readonly [given: unknown, problem: string])[];
}

const provisioned = { ...msk, provisionedPollers: {} };
const noWindow = { ...msk, batchWindow: 0 };
const oneFolder = { ...msk, delivery: 'firehose', timeFolder: 'none' };

function number(
  name: string,
  [min, max]: readonly [number, number],
  preset: number | undefined,
  base: Settings = msk,
): Limits {
  const must = `must be a whole number from ${min} to ${max}`;
  const outside = [min - 1, max + 1];
  return {
    ...{ name, base, preset },
    accepts: [min, max].flatMap((value) => [[value], [String(value), value]]),
    refuses: outside.flatMap((value) =>
      [value, String(value)].map((given) => [given, `${must}.*, got ${value}$`]),
    ),
  };
}

function words(name: string, all: readonly string[], preset: string): Limits {
  const allowed = all.map((word) => `'${word}'`).join(', ');
  return {
    ...{ name, base: msk, preset },
    accepts: all.map((word) => [word]),
    // Classes of S3 that lose objects with their zone, or cannot be read immediately, are not offered.
    refuses: ['', 'Hour', 'ONEZONE_IA', 'GLACIER', 'DEEP_ARCHIVE'].map((word) => [
      word,
      `must be one of ${allowed}, got '${word}'$`,
    ]),
  };
}

function flag(name: string, preset: boolean, base: Settings = msk): Limits {
  const accepts = [[true], ['true', true], [false], ['false', false]] as const;
  return { name, base, preset, accepts, refuses: [['yes', "must be true or false, got 'yes'$"]] };
}

/** A setting whose refused values all have the same problem. */
function form(
  name: string,
  must: string,
  {
    base = msk,
    refuses,
    ...others
  }: Pick<Limits, 'accepts' | 'preset'> & {
    readonly base?: Settings;
    readonly refuses: readonly unknown[];
  },
): Limits {
  return { ...{ name, base, ...others }, refuses: refuses.map((value) => [value, `must ${must}`]) };
}

/** Values that are refused for what is inside them, each with its problem. */
function inside(name: string, refuses: Limits['refuses'], base: Settings = msk): Limits {
  return { name, base, accepts: [], refuses };
}

/** A list without a default, of at most `max` of what `entry` makes. */
function list(
  name: string,
  {
    noun,
    max,
    entry,
    base = msk,
  }: {
    readonly noun: string;
    readonly max: number;
    readonly entry: (index: number) => string;
    readonly base?: Settings;
  },
): Limits {
  const many = Array.from({ length: max + 1 }, (_, index) => entry(index));
  const most = many.slice(1);
  return {
    ...{ name, base },
    accepts: [[most], [most.join(' , '), most]],
    refuses: [
      ['', `must name at least one ${noun}, got none$`],
      [[], `must name at least one ${noun}, got none$`],
      [5, `must be a list of ${noun}s, or text such as "a, b", got 5$`],
      [many, `must name at most ${max} ${noun}s, got ${max + 1}$`],
      [[entry(0), entry(0)], `must not repeat a ${noun}, got '${entry(0)}' again$`],
    ],
  };
}

const id = (prefix: string) => (index: number) => `${prefix}-${String(index).padStart(8, '0')}`;
const inVpc = { ...selfManaged, subnetIds: id('subnet')(0), securityGroupIds: id('sg')(0) };
const addsAll = {
  ...{ ...msk, networkAdds: 's3, services', vpcId: id('vpc')(0) },
  ...{ subnetIds: id('subnet')(0), securityGroupIds: id('sg')(0), routeTableIds: id('rtb')(0) },
};
const audited = {
  ...{ ...msk, audit: true, subnetIds: id('subnet')(0), securityGroupIds: id('sg')(0) },
};
const longTopic = 't'.repeat(249);
const metadataFrame = JSON.stringify({ a: '' }).length;
const arnOfSecret = 'be the ARN of a Secrets Manager secret, got ';

const limits: readonly Limits[] = [
  form('stackName', "be 1 to 128 letters, digits or '-', starting with a letter, got ", {
    preset: 'KafkaArchive',
    accepts: [['A'], ['kafka-archive-1'], ['a'.repeat(128)]],
    refuses: ['', '1a', 'a_b', 'a'.repeat(129), 5],
  }),
  list('topics', { noun: 'topic', max: 50, entry: (index) => `topic-${index}` }),
  form('topics', "be 2 to 249 letters, digits, '.', '_' or '-', not starting with '.', got ", {
    base: { ...msk, consumerGroupId: '{topic}' },
    accepts: [
      ['__proto__', ['__proto__']],
      ['a-b, a.b, a_b, A-b', ['a-b', 'a.b', 'a_b', 'A-b']],
    ],
    refuses: ['orders,', 'o', `${longTopic}t`, '.orders', 'or/ders', [7]],
  }),
  form('consumerGroupId', 'be 1 to 200 letters, digits or / : _ . = . @ -, with ', {
    accepts: [['g'.repeat(200)], ['old/group:1']],
    refuses: ['', 'g'.repeat(201), 'a b', 'a*', 'a{b}', 5],
  }),
  form(
    'startingPosition',
    "be 'earliest', 'latest' or a time in whole seconds with Z or an offset",
    {
      preset: { kind: 'earliest' },
      accepts: [
        ['earliest', { kind: 'earliest' }],
        ['latest', { kind: 'latest' }],
        ['2026-11-23T09:00:00.000Z', { kind: 'timestamp', unixSeconds: 1_795_424_400 }],
        ['2026-11-23T10:30:00+02:00', { kind: 'timestamp', unixSeconds: 1_795_422_600 }],
        ['1970-01-01T00:00:01Z', { kind: 'timestamp', unixSeconds: 1 }],
      ],
      refuses: [
        ...['Earliest', 'TRIM_HORIZON', '', '2026-11-23', '2026-11-23T09:00:00', 1_795_424_400],
        ...['2026-02-30T09:00:00Z', '2027-11-23T09:00:00.5Z', '1970-01-01T00:00:00Z'],
      ],
    },
  ),
  number('hoursBack', [1, 87_600], undefined),

  form('clusterArn', 'be the ARN of an MSK cluster.*, got ', {
    base: { topics: 'orders' },
    accepts: [[clusterArn]],
    refuses: ['example', ` ${clusterArn}`, 7],
  }),
  form(
    'authentication',
    "be one of 'IAM', 'SASL_SCRAM_512_AUTH', 'SASL_SCRAM_256_AUTH', 'BASIC_AUTH', 'CLIENT_CERTIFICATE_TLS_AUTH', got ",
    {
      base: selfManaged,
      accepts: [['SASL_SCRAM_256_AUTH'], ['BASIC_AUTH'], ['CLIENT_CERTIFICATE_TLS_AUTH']],
      refuses: ['', 'iam', 5],
    },
  ),
  list('bootstrapServers', {
    noun: 'server',
    max: 10,
    entry: (index) => `b${index}:9092`,
    base: selfManaged,
  }),
  form('bootstrapServers', 'be host:port, with a port from 1 to 65535, got ', {
    base: selfManaged,
    accepts: [
      ['b1.example.com:1, b2.example.com:65535', ['b1.example.com:1', 'b2.example.com:65535']],
    ],
    refuses: [
      'b1',
      'b1:',
      'b1:0',
      'b1:65536',
      'b1:x',
      '-b1:9092',
      'b_1:9092',
      'http://b1:9092',
      'b1:9092/',
    ],
  }),
  form('secretArn', arnOfSecret, { accepts: [[secretArn]], refuses: ['x', `${secretArn} `, 5] }),
  form('rootCaSecretArn', arnOfSecret, {
    base: selfManaged,
    accepts: [[secretArn]],
    refuses: ['x'],
  }),
  list('secretKeyArns', {
    ...{ noun: 'key', max: 3, base: { ...msk, secretArn } },
    entry: (index) => keyArn.replace(/.$/, String(index)),
  }),
  form('secretKeyArns', 'be the ARN of a KMS key, got ', {
    base: { ...msk, secretArn },
    accepts: [],
    refuses: ['alias/kafka'],
  }),

  number('batchSize', [1, 10_000], 10_000),
  number('batchWindow', [0, 300], 300),
  form('provisionedPollers', 'be an object, as JSON text such as .*, got ', {
    preset: undefined,
    accepts: [
      ['{}', { min: 1, max: 200 }],
      [{ min: 2 }, { min: 2, max: 200 }],
      ['{"min":2,"max":10,"group":"archive_1"}', { min: 2, max: 10, group: 'archive_1' }],
      [{ min: 200, max: 2000, group: 'g'.repeat(128) }],
      [{ min: 1, max: 1 }],
    ],
    refuses: ['5', 'yes', '[]'],
  }),
  inside('provisionedPollers', [
    [{ min: 0 }, 'must be a whole number from 1 to 200, got 0$'],
    [{ min: 201, max: 300 }, 'must be a whole number from 1 to 200, got 201$'],
    [{ max: 0 }, 'must be a whole number from 1 to 2000, got 0$'],
    [{ max: 2001 }, 'must be a whole number from 1 to 2000, got 2001$'],
    [{ min: 3, max: 2 }, 'must have min at most max, got {"min":3,"max":2}$'],
    [{ group: '' }, "must be 1 to 128 letters, digits, '-' or '_', got ''$"],
    [{ group: 'g'.repeat(129) }, 'must be 1 to 128 letters'],
    [{ size: 3 }, "must have only min, max and group, got 'size'$"],
  ]),
  flag('reportBatchItemFailures', false, provisioned),
  number('retryAttempts', [0, 10_000], undefined, provisioned),
  number('maxRecordAge', [60, 604_800], undefined, provisioned),
  flag('bisectBatchOnError', false, provisioned),
  flag('eventMetrics', true, provisioned),
  { name: 'eventMetrics', base: msk, preset: false, accepts: [[false]], refuses: [] },

  form('schemaRegistry', 'be an object, as JSON text such as .*, got ', {
    base: provisioned,
    accepts: [
      [
        { uri: 'arn:aws:glue:eu-west-1:111122223333:registry/shop' },
        {
          uri: 'arn:aws:glue:eu-west-1:111122223333:registry/shop',
          ...{ format: 'SOURCE', validate: ['VALUE'] },
        },
      ],
      [
        '{"uri":"https://registry.example.com","format":"JSON","validate":"KEY, VALUE"}',
        { uri: 'https://registry.example.com', format: 'JSON', validate: ['KEY', 'VALUE'] },
      ],
      [
        {
          ...{ uri: 'https://registry.example.com', format: 'SOURCE', validate: ['KEY'] },
          ...{ authentication: 'BASIC_AUTH', secretArn, rootCaSecretArn: secretArn },
        },
      ],
    ],
    refuses: ['https://registry.example.com', '[]'],
  }),
  inside(
    'schemaRegistry',
    [
      [
        { uri: 'http://registry' },
        'must be the ARN of a Glue schema registry, or the https:// URL of',
      ],
      [
        { uri: 'https://me:secret@registry' },
        'must be .* URL of a Confluent one without a password',
      ],
      [{ uri: 'https://registry', format: 'AVRO' }, "must be one of 'SOURCE', 'JSON', got 'AVRO'$"],
      [{ uri: 'https://registry', validate: [] }, 'must name at least one attribute, got none$'],
      [
        { uri: 'https://registry', user: 'me' },
        "must have only uri, format, validate, authentication, secretArn and rootCaSecretArn, got 'user'$",
      ],
    ],
    provisioned,
  ),
  form('filters', 'be a list of patterns, as JSON text such as .*, got ', {
    preset: undefined,
    accepts: [
      ['[{"value":{"kind":["order"]}}]', [{ value: { kind: ['order'] } }]],
      [Array.from({ length: 5 }, () => ({ value: [{ 'anything-but': ['error'] }] }))],
    ],
    refuses: ['kind=order', '{}'],
  }),

  inside('filters', [
    [[], 'must have 1 to 5 patterns, got \\[\\]$'],
    [Array.from({ length: 6 }, () => ({ value: [] })), 'must have 1 to 5 patterns, got '],
    [['order'], "must be a pattern, as JSON text such as .*, got 'order'$"],
    [[{}], 'must have the field value and no other \\(.*\\), got none$'],
    [
      [{ value: [], key: [] }],
      "must have the field value and no other \\(.*\\), got 'value', 'key'$",
    ],
    [[{ value: ['x'.repeat(4083)] }], 'must have at most 4096 characters as JSON, got 4097$'],
  ]),

  form('objectPrefix', "be '' or a path that ends with '/', of at most 400 letters, .*, got ", {
    preset: 'example/',
    accepts: [[''], ['archive/'], ['team=a/kafka_1.0/'], ['(x)!-/'], [`${'p'.repeat(399)}/`]],
    refuses: [
      ...['archive', '/', '/archive/', 'a//b/', './', 'a/../', 'a b/', 'a*/', 'ä/', 5],
      `${'p'.repeat(400)}/`,
    ],
  }),
  words('timeFolder', ['hour', 'day', 'none'], 'hour'),
  words('objectOf', ['batch', 'partition'], 'batch'),
  ...['valueEncoding', 'keyEncoding'].flatMap((name) => [
    form(
      name,
      "be one of 'auto', 'text', 'base64', or an object from topics to these, as JSON text such as .*, got ",
      {
        preset: {},
        accepts: [
          ['auto', {}],
          ['text', { '*': 'text' }],
          ['base64', { '*': 'base64' }],
          [{ orders: 'text' }],
          ['{"orders":"base64","*":"auto"}', { orders: 'base64', '*': 'auto' }],
        ],
        refuses: ['', 'json', 'utf8', '[]', '"text"', 5],
      },
    ),
    inside(name, [
      [{ orders: 'json' }, "must be one of 'auto', 'text', 'base64', got 'json'$"],
      [{ '*': null }, "must be one of 'auto', 'text', 'base64', got null$"],
      ['{"__proto__":"text"}', "must not have a field '__proto__'$"],
    ]),
  ]),
  words('compression', ['gzip', 'zstd', 'none'], 'gzip'),
  number('compressionLevel', [1, 9], 6),
  number('compressionLevel', [1, 19], 3, { ...msk, compression: 'zstd' }),
  form('metadata', 'be an object, as JSON text such as .*, got ', {
    preset: {},
    accepts: [
      ['{"env":"prod","shard":3,"pii":false}', { env: 'prod', shard: 3, pii: false }],
      [{ [`_${'b'.repeat(63)}`]: 1 }],
      [{ a: 'x'.repeat(MAX_METADATA_BYTES - metadataFrame) }],
      [{ a: Number.MAX_SAFE_INTEGER, b: -1.5, c: 1e-7, d: '12345678901234567890', e: '\u{1f642}' }],
    ],
    refuses: ['env=prod', '[1]', '"x"'],
  }),
  inside('metadata', [
    [{ a: null }, 'must be text, a number, true or false, got null$'],
    [{ a: { b: 1 } }, 'must be text, a number, true or false, got {"b":1}$'],
    ['{"a":1e999}', 'must be text, a number, true or false, got '],
    ...['12345678901234567890', '-9007199254740992', '1e300'].map(
      (number) =>
        [
          `{"a":${number}}`,
          'must be text if it is a whole number beyond ±9007199254740991, which JSON rounds, got ',
        ] as const,
    ),
    ['{"a":"caf\\ud83d"}', 'must be Unicode text, without half of a surrogate pair, got '],
    ['{"__proto__":1}', "must not have a field '__proto__'$"],
    ...['1a', '', `a${'b'.repeat(64)}`].map(
      (field) => [{ [field]: 1 }, 'must have a name of at most 64 letters, .*'] as const,
    ),
    ...[...reservedMetadataFields, 'Source', 'VALUE_ENCODING'].map(
      (field) =>
        [
          { [field]: 1 },
          `must not be set \\(reserved, in any case: ${reservedMetadataFields.join(', ')}\\)$`,
        ] as const,
    ),
    [{ env: 1, Env: 2 }, "must not differ from 'env' only in case, which several readers ignore$"],
    [
      { a: 'x'.repeat(MAX_METADATA_BYTES - metadataFrame + 1) },
      `must have at most ${MAX_METADATA_BYTES} bytes as JSON, got ${MAX_METADATA_BYTES + 1}$`,
    ],
  ]),

  words('delivery', ['s3', 'firehose'], 's3'),
  number('bufferSizeMiB', [1, 128], 64, oneFolder),
  number('bufferSeconds', [0, 900], 600, oneFolder),

  words(
    'storageClass',
    ['STANDARD', 'STANDARD_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'],
    'STANDARD',
  ),
  form('archiveTransitions', 'be an object, as JSON text such as .*, got ', {
    preset: [],
    accepts: [
      [{ GLACIER_IR: 1 }, [{ name: 'GLACIER_IR', days: 1 }]],
      [
        '{"DEEP_ARCHIVE":36500,"STANDARD_IA":30,"GLACIER_IR":60}',
        [
          { name: 'STANDARD_IA', days: 30 },
          { name: 'GLACIER_IR', days: 60 },
          { name: 'DEEP_ARCHIVE', days: 36_500 },
        ],
      ],
    ],
    refuses: ['90', '[]'],
  }),
  inside('archiveTransitions', [
    [{ GLACIER: 0 }, 'must be a whole number from 1 to 36500, got 0$'],
    [{ GLACIER: 36_501 }, 'must be a whole number from 1 to 36500, got 36501$'],
    [
      { ONEZONE_IA: 30 },
      "must have only STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER and DEEP_ARCHIVE, got 'ONEZONE_IA'$",
    ],
  ]),
  number('archiveExpirationDays', [1, 36_500], undefined),
  number('noncurrentVersionDays', [1, 36_500], 90),

  form('encryptionKey', "be 'managed', 'stack' or the ARN of a KMS key, got ", {
    preset: 'managed',
    accepts: [['managed'], ['stack'], [keyArn]],
    refuses: ['', 'none', 'alias/archive', keyArn.replace('key/', 'alias/'), 5],
  }),
  number('objectLockDays', [1, 36_500], undefined),
  number('accessLogDays', [1, 3650], undefined),

  flag('catalog', true),
  form('catalogDatabase', "be 1 to 255 lower-case letters, digits or '_', starting with a letter", {
    accepts: [['a'], [`a_9${'z'.repeat(252)}`]],
    refuses: ['', 'Shop', 'a-b', '_a', '9a', 'a'.repeat(256), 5],
  }),
  {
    ...{ name: 'catalogFrom', base: msk, preset: '2020-01-01' },
    accepts: [['2000-01-01'], ['2026-11-23']],
    refuses: [
      ['2024-6-1', "must be a date from 2000-01-01 on, such as '2024-06-01', got '2024-6-1'$"],
      [2024, "must be a date from 2000-01-01 on, such as '2024-06-01', got 2024$"],
      ['1999-12-31', "must be a date from 2000-01-01 to 2026-11-23, got '1999-12-31'$"],
      ['2026-11-24', "must be a date from 2000-01-01 to 2026-11-23, got '2026-11-24'$"],
    ],
  },
  inside('catalogTopics', [
    ['.a', "must be 2 to 249 letters, .*, got '.a'$"],
    ['refunds, refunds', "must not repeat a topic, got 'refunds' again$"],
    [
      'orders',
      String.raw`must name only topics that are not in topics \(topics has \["orders"\]\), got 'orders'$`,
    ],
    [
      Array.from({ length: 101 }, (_, index) => `t-${index}`),
      'must name at most 100 topics, got 101$',
    ],
  ]),
  inside('catalogLayouts', [
    ['[]', String.raw`must be a list of layouts, as JSON text such as .*, got \[\]$`],
    [{ objectPrefix: '', timeFolder: 'day' }, 'must be a list of layouts, as JSON text such as '],
    [[{ timeFolder: 'day' }], "must be '' or a path that .*, got nothing$"],
    [
      [{ objectPrefix: '', timeFolder: 'week' }],
      "must be one of 'hour', 'day', 'none', got 'week'$",
    ],
    [
      [{ objectPrefix: '', timeFolder: 'day', from: 1 }],
      "must have only objectPrefix, timeFolder and topics, got 'from'$",
    ],
    [
      Array.from({ length: 6 }, (_, day) => ({ objectPrefix: `${day}/`, timeFolder: 'day' })),
      String.raw`must have at most 5 layouts, got \[`,
    ],
  ]),
  inside('columns', [
    ['total', 'must be an object of topics with their columns, as JSON text such as '],
    [{ orders: 5 }, 'must be an object of topics with their columns, as JSON text such as '],
    [{ orders: { total: { type: 'string' } } }, "must be '\\$' followed by steps .*, got nothing$"],
    [
      { orders: { total: { path: '$', type: 'decimal(39,2)' } } },
      String.raw`must be string, .* or decimal\(p,s\) with p from 1 to 38 and s up to p, got 'decimal\(39,2\)'$`,
    ],
    [
      { orders: { Total: { path: '$', type: 'string' } } },
      "must have a name of at most 128 lower-case letters, digits or '_', not starting with a digit$",
    ],
    [
      { orders: { offset: { path: '$', type: 'string' } } },
      'must not have the name of a column of every view: partition, offset, ',
    ],
    [
      {
        orders: Object.fromEntries(
          Array.from({ length: 101 }, (_, index) => [`c${index}`, { path: '$', type: 'string' }]),
        ),
      },
      'must have at most 100 columns, got 101$',
    ],
    [
      { refunds: { total: { path: '$', type: 'string' } } },
      String.raw`must name only topics in topics or catalogTopics \(topics has \["orders"\]\), got 'refunds'$`,
    ],
  ]),
  number('queryScanLimitGiB', [1, 1_048_576], 100),

  number('memoryMiB', [128, 10_240], 1024),
  number('timeoutSeconds', [10, 840], 120),
  number('maxParallelPuts', [1, 256], 16),
  words('logLevel', ['debug', 'info', 'warn', 'error'], 'info'),
  flag('tracing', false),

  number('replayBatchSize', [1, 10], 1),
  number('replayConcurrency', [2, 1000], 5),
  number('replayDelaySeconds', [0, 900], 60),
  number('replayRetrySeconds', [1, 3600], 60),
  number('replayTries', [1, 150], 10),
  number('replayTimeoutSeconds', [10, 900], 300),
  number('replayVisibilitySeconds', [1800, 43_200], 1800),
  number('replayVisibilitySeconds', [60, 43_200], 60, { ...msk, replayTimeoutSeconds: '10' }),
  number('replayedRetentionDays', [1, 3650], 30),

  flag('audit', false, inVpc),
  form(
    'auditEvery',
    "be whole minutes or hours from '5 minutes' to '24 hours', such as '30 minutes' or '6 hours', got ",
    {
      ...{ base: audited, preset: 60 },
      accepts: [
        ['5 minutes', 5],
        ['90 minutes', 90],
        ['1440 minutes', 1440],
        ['1 hour', 60],
        ['24 hours', 1440],
      ],
      refuses: [
        ...['', '30', 30, '4 minutes', '1441 minutes', '0 hours', '25 hours', '1.5 hours', '1h'],
        ...['05 minutes', ' 5 minutes', '1 day', '5  minutes'],
      ],
    },
  ),
  list('auditBootstrapServers', {
    ...{ noun: 'server', max: 10, base: audited },
    entry: (index) => `b${index}:9098`,
  }),
  flag('auditPaused', false, audited),
  number('autoHeal', [1, 1_000_000], undefined, audited),
  number('auditFullListingDays', [1, 365], 7, audited),
  flag('auditReadsObjects', false, audited),

  list('alarmSubscriptions', {
    noun: 'subscriber',
    max: 50,
    entry: (index) => `a${index}@example.com`,
  }),
  form('alarmSubscriptions', 'be an e-mail address, or an https:// URL without a password, got ', {
    accepts: [
      ['a@example.com, https://example.com/x', ['a@example.com', 'https://example.com/x']],
      [['https://example.com/x?a=1,2']],
    ],
    refuses: ['http://example.com', [7]],
  }),
  form('alarmTopicArn', 'be the ARN of an SNS topic that is not a FIFO topic, got ', {
    preset: undefined,
    accepts: [['arn:aws:sns:eu-west-1:222233334444:on-call_1']],
    refuses: [
      ...['', 'on-call', 'arn:aws:sns:eu-west-1:2222:on-call', 5],
      ...[
        'arn:aws:sns:eu-west-1:222233334444:on-call.fifo',
        'arn:aws:sqs:eu-west-1:222233334444:on-call',
      ],
    ],
  }),
  number('dataAgeTargetSeconds', [60, 604_800], 900, noWindow),
  number('expectedTrafficMinutes', [1, 1440], undefined, noWindow),

  list('subnetIds', { noun: 'subnet', max: 16, entry: id('subnet'), base: inVpc }),
  list('securityGroupIds', { noun: 'security group', max: 5, entry: id('sg'), base: inVpc }),
  list('routeTableIds', { noun: 'route table', max: 50, entry: id('rtb'), base: addsAll }),
  form('vpcId', 'be the id of a VPC, vpc-…, got ', {
    base: addsAll,
    accepts: [['vpc-01234567'], ['vpc-0123456789abcdef0']],
    refuses: ['', 'vpc-0123456', 'vpc-0123456789abcdef01', 'subnet-01234567'],
  }),
  ...['networkAdds', 'networkHas'].map((name) =>
    inside(name, [
      ['nat', "must be one of 'brokers', 's3', 'services', got 'nat'$"],
      ['s3, s3', "must not repeat a part, got 's3' again$"],
      [5, 'must be a list of parts, or text such as "a, b", got 5$'],
    ]),
  ),
];

/** What is read from a setting, also from one that the settings hold in another form. */
function read(name: string, given: Settings): unknown {
  const settings = parseSettings(given, { now });
  const all = { ...settings, topics: settings.topics.map(({ topic }) => topic) };
  const schema = settingsSchema.shape[name as keyof typeof settingsSchema.shape];
  return new Map<string, unknown>(Object.entries(all)).get(name) ?? schema.parse(given[name]);
}

describe('a setting', () => {
  it.each(limits.filter((row) => 'preset' in row))('has its default: $name', (row) => {
    expect(read(row.name, { ...row.base, [row.name]: undefined })).toEqual(row.preset);
  });

  it.each(limits)('accepts the values it should: $name', ({ name, base, accepts }) => {
    for (const [given, expected = given] of accepts) {
      expect(read(name, { ...base, [name]: given })).toEqual(expected);
    }
  });

  it.each(limits)('refuses other values: $name', ({ name, base, refuses }) => {
    for (const [given, problem] of refuses) {
      expect(problems({ ...base, [name]: given })).toEqual([
        expect.stringMatching(new RegExp(`^${name}\\S* ${problem}`)),
      ]);
    }
  });

  it('has limits in the table', () => {
    const names = new Set(limits.map(({ name }) => name));
    expect(Object.keys(settingsSchema.shape).filter((name) => !names.has(name))).toEqual([]);
  });
});

it('the longest prefix and topic leave room for six of the longest runs in a key', () => {
  const place = { prefix: `${'p'.repeat(MAX_OBJECT_PREFIX_BYTES - 1)}/`, topic: 't'.repeat(249) };
  const settings = { objectPrefix: place.prefix, topics: place.topic, consumerGroupId: 'archive' };
  expect(problems({ ...msk, ...settings })).toEqual([]);
  const last = Number.MAX_SAFE_INTEGER;
  const runs = Array.from({ length: 7 }, (_, index) => ({
    partition: 2 ** 31 - 7 + index,
    first: last - 1_000_000,
    last,
    offsets: 10_000,
  }));
  const groups = groupRuns(runs, place);
  expect(groups.map(({ length }) => length)).toEqual([6, 1]);
  const keys = groups.map((group) =>
    objectKey({
      ...place,
      ...{ folder: 'dt=2026-11-23/hour=09/', runs: group, compression: 'zstd' },
      ...{ place: 9999, count: 10_000 },
    }),
  );
  const bytes = keys.map((key) => Buffer.byteLength(conflictKey(key, 'ab12cd34ef')));
  expect(bytes).toEqual([1020, 760]);
});
