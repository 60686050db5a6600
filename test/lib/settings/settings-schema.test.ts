import { describe, expect, it } from 'vitest';
import {
  alarmRanges,
  compressionLevels,
  pollerRanges,
  reservedMetadataFields,
  retryRanges,
  settingRanges,
} from '../../../lambda/contract.ts';
import {
  MAX_METADATA_BYTES,
  MAX_OBJECT_PREFIX_BYTES,
  settingsSchema,
} from '../../../lib/settings/settings-schema.ts';
import { parse, problemsOf } from '../settings-fixture.ts';

describe('whole numbers', () => {
  const ranges = {
    ...settingRanges,
    hoursBack: { min: 1, max: 87_600 },
    compressionLevel: compressionLevels.gzip,
  };
  const limits = Object.entries(ranges).flatMap(([name, { min, max }]) => [
    { name, inside: min, outside: min - 1 },
    { name, inside: max, outside: max + 1 },
  ]);

  it.each(limits)('$name takes $inside and refuses $outside', ({ name, inside, outside }) => {
    expect(problemsOf({ [name]: inside })).toEqual([]);
    expect(problemsOf({ [name]: String(inside) })).toEqual([]);
    expect(problemsOf({ [name]: outside })).toEqual([
      expect.stringMatching(new RegExp(`^${name} must be a whole number from .*, got ${outside}$`)),
    ]);
  });

  const retryLimits = Object.entries(retryRanges).flatMap(([name, { min, max }]) => [
    { name, inside: min, outside: min - 1 },
    { name, inside: max, outside: max + 1 },
  ]);

  it.each(retryLimits)(
    '$name takes $inside and refuses $outside, in provisioned mode',
    ({ name, inside, outside }) => {
      const provisionedPollers = '{}';
      for (const value of [inside, String(inside)]) {
        expect(parse({ provisionedPollers, [name]: value })).toMatchObject({ [name]: inside });
      }
      expect(problemsOf({ provisionedPollers, [name]: outside })).toEqual([
        expect.stringMatching(
          new RegExp(`^${name} must be a whole number from .*, got ${outside}$`),
        ),
      ]);
    },
  );

  const alarmLimits = Object.entries(alarmRanges).flatMap(([name, { min, max }]) => [
    { name, inside: min, outside: min - 1 },
    { name, inside: max, outside: max + 1 },
  ]);

  it.each(alarmLimits)(
    '$name takes $inside and refuses $outside, without a batch window',
    ({ name, inside, outside }) => {
      for (const value of [inside, String(inside)]) {
        expect(parse({ batchWindow: 0, [name]: value })).toMatchObject({ [name]: inside });
      }
      expect(problemsOf({ batchWindow: 0, [name]: outside })).toEqual([
        expect.stringMatching(
          new RegExp(`^${name} must be a whole number from .*, got ${outside}$`),
        ),
      ]);
    },
  );

  it.each([
    ['10k', "'10k'"],
    ['1.5', "'1.5'"],
    [' 5', "' 5'"],
    ['05', "'05'"],
    ['1e2', "'1e2'"],
    ['0x10', "'0x10'"],
    ['+5', "'+5'"],
    ['', "''"],
    [1.5, '1.5'],
    [true, 'true'],
    [null, 'null'],
    [[5], '[5]'],
  ])('%j is not taken for a number', (batchSize, got) => {
    expect(problemsOf({ batchSize })).toEqual([
      `batchSize must be a whole number from 1 to 10000, got ${got}`,
    ]);
  });

  it('keeps a batch window of 0', () => {
    expect(parse({ batchWindow: '0' }).batchWindow).toBe(0);
  });
});

describe('words', () => {
  it.each([
    ['timeFolder', ['hour', 'day', 'none']],
    ['compression', ['gzip', 'zstd', 'none']],
    ['logLevel', ['debug', 'info', 'warn', 'error']],
  ])('%s takes %j only', (name, words) => {
    for (const word of words) expect(problemsOf({ [name]: word })).toEqual([]);
    const allowed = words.map((word) => `'${word}'`).join(', ');
    expect(problemsOf({ [name]: 'GZIP' })).toEqual([
      `${name} must be one of ${allowed}, got 'GZIP'`,
    ]);
  });
});

describe('topics', () => {
  const names = (topics: unknown): string[] => parse({ topics }).topics.map(({ topic }) => topic);

  it.each([
    ['orders, payments', ['orders', 'payments']],
    [' orders,payments ', ['orders', 'payments']],
    [
      ['orders', 'payments'],
      ['orders', 'payments'],
    ],
    ['a-b, a.b, a_b, A-b', ['a-b', 'a.b', 'a_b', 'A-b']],
    ['__proto__', ['__proto__']],
    ['a'.repeat(249), ['a'.repeat(249)]],
  ])('%j are %j', (topics, expected) => {
    const consumerGroupId = expected.length > 1 ? 'g-{topic}' : 'g';
    const parsed = parse({ topics, consumerGroupId }).topics;
    expect(parsed.map(({ topic }) => topic)).toEqual(expected);
  });

  it.each([
    ['', 'topics must name at least one topic, got none'],
    ['  ', 'topics must name at least one topic, got none'],
    [[], 'topics must name at least one topic, got none'],
    [undefined, 'topics must name at least one topic, got nothing'],
    [5, 'topics must be a list of topics, or text such as "a, b", got 5'],
    ['orders,, payments', /^topics\[1\] must be 2 to 249 .*, got ''$/],
    ['orders,', /^topics\[1\] must be 2 to 249 .*, got ''$/],
    ['o', /^topics\[0\] must be 2 to 249 .*, got 'o'$/],
    ['a'.repeat(250), /^topics\[0\] must be 2 to 249 .* \(252 characters\)$/],
    ['.orders', /^topics\[0\] must be 2 to 249 .*, got '.orders'$/],
    ['or/ders', /^topics\[0\] must be 2 to 249 .*, got 'or\/ders'$/],
    [[7], /^topics\[0\] must be 2 to 249 .*, got 7$/],
    ['orders, orders', "topics[1] must not repeat a topic, got 'orders' again"],
  ])('%j are refused', (topics, expected) => {
    expect(problemsOf({ topics, consumerGroupId: 'group' })).toEqual([
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    ]);
  });

  it('are at most 50', () => {
    const many = Array.from({ length: 51 }, (_, index) => `topic-${index}`);
    expect(names(many.slice(1))).toHaveLength(50);
    expect(problemsOf({ topics: many })).toEqual(['topics must name at most 50 topics, got 51']);
  });
});

describe('metadata', () => {
  it.each([
    ['{"env":"prod","shard":3,"pii":false}', { env: 'prod', shard: 3, pii: false }],
    [{ env: 'prod' }, { env: 'prod' }],
    ['{}', {}],
  ])('%j is taken', (metadata, expected) => {
    expect(parse({ metadata }).metadata).toEqual(expected);
  });

  it.each<[unknown, string | RegExp]>([
    ['env=prod', /^metadata must be an object, as JSON text such as .*, got 'env=prod'$/],
    ['[1]', /^metadata must be an object, .*, got \[1\]$/],
    ['"x"', /^metadata must be an object, .*, got 'x'$/],
    [{ a: null }, 'metadata.a must be text, a number, true or false, got null'],
    [{ a: { b: 1 } }, 'metadata.a must be text, a number, true or false, got {"b":1}'],
    ['{"a":1e999}', /^metadata\.a must be text, a number, true or false, got /],
    ['{"__proto__":1}', "metadata must not have a field '__proto__'"],
    [{ '1a': 1 }, /^metadata\.1a must be named with a letter or '_'/],
    [{ '': 1 }, /^metadata\. must be named with a letter or '_'/],
    [{ [`a${'b'.repeat(64)}`]: 1 }, /must be named with .* 64 characters in all at most$/],
    ...reservedMetadataFields.map((name): [unknown, string] => [
      { [name]: 'x' },
      `metadata.${name} must not be set, the archiver fills in source, key_schema, value_schema itself`,
    ]),
  ])('%j is refused', (metadata, expected) => {
    expect(problemsOf({ metadata })).toEqual([
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    ]);
  });

  it('fits the environment of a function', () => {
    const frame = JSON.stringify({ a: '' }).length;
    const most = 'x'.repeat(MAX_METADATA_BYTES - frame);
    expect(problemsOf({ metadata: { a: most } })).toEqual([]);
    expect(problemsOf({ metadata: { a: `${most}x` } })).toEqual([
      `metadata must take at most ${MAX_METADATA_BYTES} bytes as JSON, got ${MAX_METADATA_BYTES + 1}`,
    ]);
  });
});

describe('provisioned pollers', () => {
  it.each([
    ['{"min":2,"max":10,"group":"archive_1"}', { min: 2, max: 10, group: 'archive_1' }],
    [{ min: 2 }, { min: 2, max: 200 }],
    ['{}', { min: 1, max: 200 }],
    [
      { min: pollerRanges.min.max, max: pollerRanges.max.max, group: 'g'.repeat(128) },
      { min: 200, max: 2000, group: 'g'.repeat(128) },
    ],
    [
      { min: 1, max: 1 },
      { min: 1, max: 1 },
    ],
  ])('%j are %j', (provisionedPollers, expected) => {
    expect(parse({ provisionedPollers }).provisionedPollers).toEqual(expected);
  });

  it.each([
    ['5', /^provisionedPollers must be an object, as JSON text such as .*, got 5$/],
    ['yes', /^provisionedPollers must be an object, .*, got 'yes'$/],
    [{ min: 0 }, 'provisionedPollers.min must be a whole number from 1 to 200, got 0'],
    [
      { min: 201, max: 300 },
      'provisionedPollers.min must be a whole number from 1 to 200, got 201',
    ],
    [{ max: 0 }, 'provisionedPollers.max must be a whole number from 1 to 2000, got 0'],
    [{ max: 2001 }, 'provisionedPollers.max must be a whole number from 1 to 2000, got 2001'],
    [{ min: 3, max: 2 }, 'provisionedPollers must have min at most max, got {"min":3,"max":2}'],
    [{ group: '' }, /^provisionedPollers\.group must be 1 to 128 letters/],
    [{ group: 'g'.repeat(129) }, /^provisionedPollers\.group must be 1 to 128 letters/],
    [{ size: 3 }, "provisionedPollers must have min, max and group only, got 'size'"],
  ])('%j are refused', (provisionedPollers, expected) => {
    expect(problemsOf({ provisionedPollers })).toEqual([
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    ]);
  });

  it.each([true, 'true'])(
    'are needed to report %j batch item failures',
    (reportBatchItemFailures) => {
      expect(problemsOf({ reportBatchItemFailures })).toEqual([
        'reportBatchItemFailures must be false without provisionedPollers (Lambda takes partial responses to a Kafka batch in provisioned mode only), got true',
      ]);
      const settings = parse({ reportBatchItemFailures, provisionedPollers: '{}' });
      expect(settings.reportBatchItemFailures).toBe(true);
    },
  );

  it.each(['yes', '1', 1, 'TRUE', ''])(
    '%j is neither true nor false',
    (reportBatchItemFailures) => {
      expect(problemsOf({ reportBatchItemFailures })).toEqual([
        expect.stringMatching(/^reportBatchItemFailures must be true or false, got /),
      ]);
      expect(problemsOf({ bisectBatchOnError: reportBatchItemFailures })).toEqual([
        expect.stringMatching(/^bisectBatchOnError must be true or false, got /),
      ]);
    },
  );

  it.each([true, 'true'])('are needed to bisect batches: %j', (bisectBatchOnError) => {
    expect(problemsOf({ bisectBatchOnError })).toEqual([
      'bisectBatchOnError must be false without provisionedPollers (Lambda bisects a Kafka batch in provisioned mode only), got true',
    ]);
    const settings = parse({ bisectBatchOnError, provisionedPollers: '{}' });
    expect(settings.bisectBatchOnError).toBe(true);
  });

  it('have their events counted, unless that is switched off', () => {
    expect(parse().eventMetrics).toBe(false);
    expect(parse({ provisionedPollers: '{}' }).eventMetrics).toBe(true);
    expect(parse({ provisionedPollers: '{}', eventMetrics: 'false' }).eventMetrics).toBe(false);
    expect(problemsOf({ eventMetrics: true })).toEqual([
      'eventMetrics must be false without provisionedPollers (Lambda counts the events of a mapping in provisioned mode only), got true',
    ]);
  });

  it.each([
    ['retryAttempts', 0],
    ['retryAttempts', '10'],
    ['maxRecordAge', 3600],
  ])('are needed to set %s to %j', (name, value) => {
    const got = typeof value === 'string' ? Number(value) : value;
    expect(problemsOf({ [name]: value })).toEqual([
      `${name} must not be set without provisionedPollers (Lambda takes limits to the retries of a Kafka batch in provisioned mode only), got ${got}`,
    ]);
  });
});

describe('the object prefix', () => {
  it.each([
    '',
    'archive/',
    'team=a/kafka_1.0/',
    '(x)!-/',
    `${'p'.repeat(MAX_OBJECT_PREFIX_BYTES - 1)}/`,
  ])('takes %j', (objectPrefix) => {
    expect(parse({ objectPrefix }).objectPrefix).toBe(objectPrefix);
  });

  it.each([
    'archive',
    '/',
    '/archive/',
    'a//b/',
    './',
    'a/../',
    'a b/',
    'a*/',
    'ä/',
    `${'p'.repeat(MAX_OBJECT_PREFIX_BYTES)}/`,
    5,
  ])('refuses %j', (objectPrefix) => {
    expect(problemsOf({ objectPrefix })).toEqual([
      expect.stringMatching(/^objectPrefix must end with '\/' or be '', .*, got /),
    ]);
  });

  it('leaves room for the longest key', () => {
    const topic = 't'.repeat(249);
    const number = '9'.repeat(20);
    const rest = `topic=${topic}/dt=2026-11-23/hour=09/${topic}-2147483647-${number}-${number}.10000of10000~01234567.jsonl.zst`;
    expect(MAX_OBJECT_PREFIX_BYTES + rest.length).toBeLessThanOrEqual(1024);
  });
});

describe('the stack name', () => {
  it.each(['A', 'kafka-archive-1', 'a'.repeat(128)])('takes %s', (stackName) => {
    expect(parse({ stackName }).stackName).toBe(stackName);
  });

  it.each(['', '1a', 'a_b', 'a'.repeat(129)])('refuses %j', (stackName) => {
    expect(problemsOf({ stackName })).toEqual([
      expect.stringMatching(
        /^stackName must be a letter, then letters, digits or '-', 128 at most/,
      ),
    ]);
  });
});

describe('who is told of alarms', () => {
  it.each([
    ['a@example.com', ['a@example.com']],
    ['a@example.com, https://example.com/x', ['a@example.com', 'https://example.com/x']],
    [['https://example.com/x?a=1,2'], ['https://example.com/x?a=1,2']],
  ])('%j are %j', (alarmSubscriptions, expected) => {
    expect(parse({ alarmSubscriptions }).alarmSubscriptions).toEqual(expected);
  });

  it.each([
    ['', 'alarmSubscriptions must name at least one subscriber, got none'],
    [5, 'alarmSubscriptions must be a list of subscribers, or text such as "a, b", got 5'],
    [
      'a@example.com, http://example.com',
      "alarmSubscriptions[1] must be an e-mail address, or an https:// URL without a password, got 'http://example.com'",
    ],
    [
      [7],
      'alarmSubscriptions[0] must be an e-mail address, or an https:// URL without a password, got 7',
    ],
    [
      'a@example.com, a@example.com',
      "alarmSubscriptions[1] must not repeat a subscriber, got 'a@example.com' again",
    ],
  ])('%j are refused', (alarmSubscriptions, expected) => {
    expect(problemsOf({ alarmSubscriptions })).toEqual([expected]);
  });

  it('are at most 50', () => {
    const many = Array.from({ length: 51 }, (_, index) => `a${index}@example.com`);
    expect(problemsOf({ alarmSubscriptions: many.slice(1) })).toEqual([]);
    expect(problemsOf({ alarmSubscriptions: many })).toEqual([
      'alarmSubscriptions must name at most 50 subscribers, got 51',
    ]);
  });

  it('may be a topic', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:222233334444:on-call_1';
    expect(parse({ alarmTopicArn }).alarmTopicArn).toBe(alarmTopicArn);
  });

  it.each([
    '',
    'on-call',
    'arn:aws:sns:eu-west-1:2222:on-call',
    'arn:aws:sns:eu-west-1:222233334444:on-call.fifo',
    'arn:aws:sqs:eu-west-1:222233334444:on-call',
    5,
  ])('may not be the topic %j', (alarmTopicArn) => {
    expect(problemsOf({ alarmTopicArn })).toEqual([
      expect.stringMatching(
        /^alarmTopicArn must be the ARN of an SNS topic that is not a FIFO topic, got /,
      ),
    ]);
  });
});

it('describes every setting', () => {
  const undescribed = Object.entries(settingsSchema.shape)
    .filter(([, schema]) => schema.description === undefined)
    .map(([name]) => name);
  expect(undescribed).toEqual([]);
});
