import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine, fillCommand, type SeenByName } from '../step.ts';
import { countsOf, shapeOf } from '../steps/shape.ts';
import { steps } from '../steps/steps.ts';

const root = join(import.meta.dirname, '../../..');

/** Values that the tool itself provides, and those that outputs of stacks provide. */
const provided = [
  ...['account', 'brokers', 'cluster', 'now', 'partition', 'region', 'stack', 'stepStart', 'topic'],
  ...['ProbeFunctionArn', 'ProbeRoleArn', 'RegistryArn', 'SchemaArn', 'SchemaVersionId'],
  ...['ArchiveBucketName', 'ArchiveFunctionName', 'ArchiveLogGroupName', 'DeadLetterQueueUrl'],
  ...['FailedBatchBucketName', 'Mapping', 'OperatorPolicyArn', 'StreamArchiveBucketName'],
  ...['CatalogDatabaseName', 'ReaderPolicyArn', 'WorkgroupName', 'AuditLogGroupName'],
];

describe('the steps', () => {
  it('begin with the questions on which the design stands', () => {
    const ids = steps.map(({ id }) => id);
    expect(ids.slice(0, 4)).toEqual([
      'bootstrap-brokers',
      'two-mappings',
      'stack-by-name',
      'glue-schema-version',
    ]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('name files that exist, and the sections of pages', () => {
    const missing = steps
      .flatMap(({ settles }) => settles)
      .filter((each) => {
        const [file = '', anchor] = each.split('#');
        if (!existsSync(join(root, file))) return true;
        if (anchor === undefined) return false;
        const headings = readFileSync(join(root, file), 'utf8').match(/^#+ .*$/gm) ?? [];
        const anchors = headings.map((heading) =>
          heading
            .replace(/^#+ /, '')
            .toLowerCase()
            .replaceAll(/[^a-z0-9 _-]/g, '')
            .replaceAll(' ', '-'),
        );
        return !anchors.includes(anchor);
      });
    expect(missing).toEqual([]);
  });

  it('settle every assumption of the constructs, with these exceptions', () => {
    const exceptions = [
      // The alarm evaluates 15 minutes, and a step's batch is given up long before that.
      'lib/monitoring/mapping-alarms.ts',
      // Only a stack with a key would show it. If it is wrong, Athena refuses the queries of readers.
      'lib/reader-policy.ts',
      // If it is wrong, smaller buffers are possible; nothing fails.
      'lib/settings/delivery-settings.ts',
      // If it is wrong, Lambda refuses variables that are too large at the deployment, and nothing changes.
      'lib/settings/object-settings.ts',
    ];
    const settled = steps.flatMap(({ settles }) => settles);
    const assuming = globSync('lib/**/*.ts', { cwd: root }).filter((file) =>
      readFileSync(join(root, file), 'utf8').includes('ASSUMED'),
    );
    expect(assuming.filter((file) => !settled.includes(file)).sort()).toEqual(exceptions);
  });

  it('use no value that nothing provides', () => {
    const values = Object.fromEntries(provided.map((name) => [name, name]));
    for (const { actions } of steps) {
      const seen: SeenByName = {};
      for (const { again, command, save } of actions) {
        for (const each of [again, command]) if (each) fillCommand(each, values);
        if (save) for (const name of Object.keys(save([['A', 'b']], seen))) values[name] ??= name;
      }
    }
    expect(values).toMatchObject({ ArchiveRole: 'ArchiveRole', ProbeStackUuid: 'ProbeStackUuid' });
  });

  it('have names of actions that are unique in a step', () => {
    for (const { actions } of steps) {
      expect(new Set(actions.map(({ name }) => name)).size).toBe(actions.length);
    }
  });
});

const fact = (value: unknown) => ({ fact: value });
const denied = { failure: { code: 'AccessDeniedException', message: 'no' } };
const other = { failure: { code: 'ThrottlingException', message: 'no' } };
const probeArn = 'arn:aws:lambda:eu-west-1:111122223333:function:Verify-probe';
const deliveryErrors = 'OnFailureDestinationDeliveryErrorCount by mapping';
const published = 'versions of the first attempt';
const refused = { failure: { code: 'Failed', message: 'no' } };
const updated = fact(['UPDATE_COMPLETE', 'a']);
const notUpdated = fact(['UPDATE_ROLLBACK_COMPLETE', null]);
const replaced = fact([
  'Requested update requires the creation of a new physical resource; hence creating one.',
]);
const rolledBack = { 'update that fails': refused, [published]: fact(['CurrentVersion']) };
const queried = { counted: fact('SUCCEEDED'), checked: fact('SUCCEEDED') };
const whole = fact({ payload: { records: {} } });

describe('the verdict', () => {
  it.each<[id: string, seen: SeenByName, isConfirmed: boolean | undefined]>([
    ['bootstrap-brokers', { 'with *': {}, 'with the cluster': denied }, true],
    ['bootstrap-brokers', { 'with *': denied, 'with the cluster': denied }, false],
    ['bootstrap-brokers', { 'with *': other, 'with the cluster': {} }, undefined],
    [
      'two-mappings',
      {
        mappings: fact([
          [`${probeArn}:1`, 'Enabled'],
          [`${probeArn}:2`, 'Enabled'],
        ]),
      },
      true,
    ],
    ['two-mappings', { mappings: fact([[`${probeArn}:1`, 'Enabled']]) }, false],
    ['two-mappings', { mappings: fact([]) }, undefined],
    ['position-as-parameter', { before: updated, after: updated, reasons: fact([]) }, true],
    [
      'position-as-parameter',
      { before: updated, after: fact(['UPDATE_COMPLETE', 'b']), reasons: fact([]) },
      false,
    ],
    ['position-as-parameter', { before: updated, after: notUpdated, reasons: replaced }, false],
    ['position-as-parameter', { before: updated, after: notUpdated, reasons: fact([]) }, undefined],
    ['stack-by-name', { 'with stack/NAME/*': {}, 'with the id': denied }, true],
    ['glue-schema-version', { 'with *': {}, 'with the schema': {} }, true],
    ['deploy', { 'as an operator': {} }, true],
    ['deploy', { 'as an operator': denied }, false],
    [
      'archive',
      {
        keys: fact(['x/topic=V/dt=2026-11-28/hour=09/p0.0-0.jsonl.gz']),
      },
      true,
    ],
    ['archive', { keys: fact(['x/topic=V/dt=2026-11-28/hour=09/p0.0-1.jsonl.gz']) }, false],
    ['query', { ...queried, records: fact(['_col0', '1']), unmatched: fact(['topic']) }, true],
    ['query', { ...queried, records: fact(['_col0', '0']), unmatched: fact(['topic']) }, false],
    ['query', { ...queried, records: fact(['_col0', '1']), unmatched: fact(['a', 'b']) }, false],
    [
      'query',
      {
        ...queried,
        checked: fact('FAILED'),
        records: fact(['_col0', '1']),
        unmatched: fact(['a']),
      },
      false,
    ],
    ['archive', { keys: fact(['x/topic=V/dt=2026-11-28/hour=09/p0.0-0_p1.0-0.jsonl.gz']) }, false],
    ['archive', { keys: fact(['x/topic=V/p0.0-0.jsonl.gz']) }, false],
    ['archive', { keys: fact(['x/topic=V/V-0-0.jsonl.gz']) }, false],
    ['failed-batch', { fields: whole, counts: fact({ batchSize: 3, records: 3 }) }, true],
    ['failed-batch', { fields: whole, counts: fact({ batchSize: 100, records: 3 }) }, false],
    ['failed-batch', { fields: whole, counts: fact({ records: 3 }) }, false],
    [
      'failed-batch',
      { fields: fact({ payload: 'string' }), counts: fact({ batchSize: 3, records: 3 }) },
      false,
    ],
    ['failed-delivery', { [deliveryErrors]: fact([['EventSourceMappingUUID']]) }, true],
    [
      'failed-delivery',
      { [deliveryErrors]: fact([['EventSourceMappingUUID', 'FunctionName']]) },
      false,
    ],
    [
      'lag-metrics',
      {
        'OffsetLag by function': fact([['FunctionName', 'Resource'], ['FunctionName']]),
        'MaxOffsetLag by mapping': fact([['EventSourceMappingUUID']]),
      },
      true,
    ],
    [
      'lag-metrics',
      {
        'OffsetLag by function': fact([['FunctionName', 'Resource']]),
        'MaxOffsetLag by mapping': fact([['EventSourceMappingUUID']]),
      },
      false,
    ],
    [
      'dead-letter',
      { 'actions of the alarm': fact(['Successfully executed action <alarm topic>']) },
      true,
    ],
    [
      'dead-letter',
      { 'actions of the alarm': fact(['Failed to execute action <alarm topic>']) },
      false,
    ],
    ['oversize-record', { fields: fact({ version: '1.0' }) }, true],
    ['oversize-record', { fields: fact({ payload: {} }) }, false],
    ['retry-after-rollback', { ...rolledBack, 'same update': {} }, true],
    ['retry-after-rollback', { ...rolledBack, 'same update': refused }, false],
    [
      'retry-after-rollback',
      { ...rolledBack, [published]: fact([]), 'same update': {} },
      undefined,
    ],
    [
      'retry-after-rollback',
      { ...rolledBack, 'update that fails': {}, 'same update': {} },
      undefined,
    ],
    ['starting-position', { deploy: {}, 'same mapping': fact(['Enabled', 'TRIM_HORIZON']) }, true],
    ['starting-position', { deploy: {}, 'same mapping': refused }, false],
    ['another-group', { group: fact('Verify-again') }, true],
    ['another-group', { group: fact('Verify-Verify') }, false],
    ['reset', { reset: refused }, false],
    ['tls', { S3: denied, SQS: denied }, true],
    ['tls', { S3: denied, SQS: fact(0) }, false],
    ['object-lock-later', { lock: refused }, false],
    ['firehose', { keys: fact(['Verify/topic=Verify/a.gz']), lock: fact({}) }, true],
    ['firehose', { keys: fact(['Verify/topic=Verify/2026/11/28/09/a.gz']), lock: fact({}) }, false],
    ['end-of-provisioned-mode', { mapping: fact(['Enabled', 'OK', probeArn, null]) }, true],
    [
      'end-of-provisioned-mode',
      { mapping: fact(['Enabled', 'OK', probeArn, { MinimumPollers: 1 }]) },
      false,
    ],
    ['metrics-on-demand', { MetricsConfig: refused }, false],
    ['disabled-mapping', { after: fact('Disabled') }, true],
    ['disabled-mapping', { after: fact('Enabled') }, false],
    ['audit', { audits: fact(['{"message":"topic audited","claim":"audited"}']) }, true],
    ['audit', { audits: fact(['{"message":"topic not audited","code":"KAFKA_FAILED"}']) }, false],
  ])('of %s on %j is %s', (id, seen, isConfirmed) => {
    expect(steps.find((step) => step.id === id)?.judge(seen)).toBe(isConfirmed);
  });
});

describe('the shape of a failed batch', () => {
  it('has the fields, their types and the condition, but nothing of a record', () => {
    const payload = {
      eventSource: 'aws:kafka',
      records: {
        'orders-0': [
          { key: 'ay0x', value: 'eA==' },
          { key: null, value: 'eQ==' },
          { key: 'ay0y', value: 'eg==' },
        ],
      },
    };
    const entry = {
      requestContext: { condition: 'RetryAttemptsExhausted', functionArn: probeArn },
      payload: JSON.stringify(payload),
      note: '{not JSON',
    };
    expect(shapeOf(entry)).toEqual({
      requestContext: { condition: 'RetryAttemptsExhausted', functionArn: 'string' },
      payload: {
        eventSource: 'aws:kafka',
        records: {
          'orders-0': [
            { key: 'string', value: 'string' },
            { key: null, value: 'string' },
          ],
        },
      },
      note: 'string',
    });
  });
});

describe('the counts of a failed batch', () => {
  const KafkaBatchInfo = { batchSize: 100 };

  it('are the number that it names and the number of records that it holds', () => {
    const payload = JSON.stringify({ records: { 'orders-0': [{}, {}], 'orders-1': [{}] } });
    expect(countsOf({ KafkaBatchInfo, payload })).toEqual({ batchSize: 100, records: 3 });
  });

  it.each([
    ['no payload', { KafkaBatchInfo }],
    ['a payload that is not JSON', { KafkaBatchInfo, payload: '{not JSON' }],
  ])('have no records if it has %s', (_, entry) => {
    expect(countsOf(entry)).toEqual({ batchSize: 100, records: undefined });
  });

  it('are unknown for something else', () => {
    expect(countsOf('text')).toEqual({ batchSize: undefined, records: undefined });
  });
});

describe('a command line', () => {
  it('can be pasted into a shell', () => {
    const args = ['iam', 'x', '--policy', '{"a":"it\'s"}', '--query', 'A[0]', '{cluster}'];
    expect(commandLine({ program: 'aws', args })).toBe(
      `aws iam x --policy '{"a":"it'\\''s"}' --query 'A[0]' {cluster}`,
    );
  });
});
