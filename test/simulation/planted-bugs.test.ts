import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectMetadataNames as names, objectForms } from '../../lambda/contract.ts';
import type { ObjectStore, StorableObject } from '../../lambda/core/ports.ts';
import { type DecodedRecord, decodeLine } from '../../lambda/core/record/decode-line.ts';
import type { KafkaEvent } from '../../lambda/core/record/kafka-event.ts';
import { archiveHandler } from '../helpers/archive-parts.ts';
import { Bucket } from './bucket.ts';
import type { CreateHandler } from './process-pool.ts';
import { type Scenario, schedules } from './schedule.ts';
import { simulate } from './simulation.ts';
import type { SimulationParts } from './world.ts';

class OverwritingBucket extends Bucket {
  override put(object: StorableObject): 'created' {
    this.store(object);
    return 'created';
  }
}

class ErasableBucket extends Bucket {
  erase(key: string): void {
    this.versions.delete(key);
  }
}

/** Replaces how a store creates objects. */
function creatingBy(create: (store: ObjectStore) => ObjectStore['create']) {
  return (store: ObjectStore): ObjectStore => ({ ...store, create: create(store) });
}

const answersBeforePutsLand = creatingBy((store) => async (object, options) => {
  store.create(object, options).catch(() => undefined);
  return 'created';
});

const takesTakenForStored = creatingBy((store) => async (object, options) => {
  await store.create(object, options);
  return 'created';
});

const marksTakenKeyWithRequestId = creatingBy((store) => async (object, options) => {
  if ((await store.create(object, options)) === 'created') return 'created';
  const key = object.key.replace('.jsonl', `~${object.metadata[names.requestId]}.jsonl`);
  return store.create({ ...object, key }, options);
});

function erasesWhatItStoredWhenAborted(): SimulationParts {
  const bucket = new ErasableBucket();
  const wrapStore = creatingBy((store) => async (object, options) => {
    const answer = await store.create(object, options);
    const erase = () => bucket.erase(object.key);
    if (answer === 'created') options.signal.addEventListener('abort', erase);
    return answer;
  });
  return { bucket, wrapStore };
}

const swallowsFailures: CreateHandler = (deps) => {
  const handler = archiveHandler(deps);
  return (event, context) => handler(event, context).catch(() => undefined);
};

/** Right for a Kinesis stream, where all later records are redelivered, too. */
const namesLowestOffsetsOnly: CreateHandler = (deps) => {
  const handler = archiveHandler(deps);
  return async (event, context) => {
    const failures = (await handler(event, context))?.batchItemFailures ?? [];
    const byPartition = Map.groupBy(failures, ({ itemIdentifier }) => itemIdentifier.partition);
    return { batchItemFailures: [...byPartition.values()].flatMap(([lowest]) => lowest ?? []) };
  };
};

/** Right where every object holds one topic-partition. */
const namesOneTopicPartitionOnly: CreateHandler = (deps) => {
  const handler = archiveHandler(deps);
  return async (event, context) => {
    const failures = (await handler(event, context))?.batchItemFailures ?? [];
    const [first] = failures;
    const isOfFirst = ({ itemIdentifier: { partition } }: (typeof failures)[number]) =>
      partition === first?.itemIdentifier.partition;
    return { batchItemFailures: failures.filter(isOfFirst) };
  };
};

/** Right where every object is a group of its own. */
const namesRecordsOfFailedObjectsOnly: CreateHandler = ({ store, telemetry, ...deps }) => {
  const recordsOf = new Map<string, readonly DecodedRecord[]>();
  const unconfirmed = new Set<string>();
  const placeOf = (partition: string, offset: number) => `${partition} ${offset}`;
  const placesIn = (key: string) =>
    (recordsOf.get(key) ?? []).map((each) =>
      placeOf(`${each.topic}-${each.partition}`, each.offset),
    );
  const handler = archiveHandler({
    ...deps,
    store: {
      ...store,
      create: (object, options) => {
        const lines = object.body.toString().split('\n').slice(0, -1);
        recordsOf.set(object.key, lines.map(decodeLine));
        for (const place of placesIn(object.key)) unconfirmed.add(place);
        return store.create(object, options);
      },
    },
    telemetry: {
      ...telemetry,
      objectStored: (summary) => {
        for (const place of placesIn(summary.key)) unconfirmed.delete(place);
        telemetry.objectStored(summary);
      },
    },
  });
  return async (event, context) => {
    unconfirmed.clear();
    const failures = (await handler(event, context))?.batchItemFailures ?? [];
    return {
      batchItemFailures: failures.filter(({ itemIdentifier: { partition, offset } }) =>
        unconfirmed.has(placeOf(partition, offset)),
      ),
    };
  };
};

const namesAStoredRecordToo: CreateHandler = (deps) => {
  const handler = archiveHandler(deps);
  return async (event, context) => {
    const failures = (await handler(event, context))?.batchItemFailures ?? [];
    const lists = Object.entries((event as KafkaEvent).records);
    const firsts = lists.map(([partition, [first]]) => ({
      itemIdentifier: { partition, offset: Number(first?.offset) },
    }));
    return { batchItemFailures: failures.length === 0 ? [] : [...failures, ...firsts] };
  };
};

interface PlantedBug {
  readonly bug: string;
  readonly parts: () => SimulationParts;
  /** What the bug needs besides. */
  readonly given?: Partial<Scenario>;
  readonly finding: string;
  /** The maximum number of steps of its shortest schedule. */
  readonly steps: number;
}

const bugs: readonly PlantedBug[] = [
  {
    bug: 'pollers commit a batch as soon as they cut it',
    parts: () => ({ commitsWhenCut: true }),
    finding: 'lost',
    steps: 2,
  },
  {
    bug: 'puts overwrite (no If-None-Match)',
    parts: () => ({ bucket: new OverwritingBucket() }),
    finding: 'overwritten',
    steps: 3,
  },
  {
    bug: 'an existing key is marked with the request id',
    parts: () => ({ wrapStore: marksTakenKeyWithRequestId }),
    finding: 'no object of a batch',
    steps: 4,
  },
  {
    bug: 'the handler returns before its puts are executed',
    parts: () => ({ wrapStore: answersBeforePutsLand }),
    finding: 'lost',
    steps: 5,
  },
  {
    bug: '412 counts as success whatever the existing body is',
    parts: () => ({ wrapStore: takesTakenForStored }),
    finding: 'lost',
    steps: 5,
  },
  {
    bug: 'a failed batch counts as archived',
    parts: () => ({ createHandler: swallowsFailures }),
    finding: 'lost',
    steps: 6,
  },
  {
    bug: 'a partial response contains only the lowest offsets',
    parts: () => ({ createHandler: namesLowestOffsetsOnly }),
    // With more partitions, shrinking ends at a longer schedule.
    given: { reportBatchItemFailures: true, resend: 'named', partitions: 1 },
    finding: 'lost',
    steps: 10,
  },
  {
    bug: 'a partial response contains only one topic-partition of an object',
    parts: () => ({ createHandler: namesOneTopicPartitionOnly }),
    given: { reportBatchItemFailures: true, resend: 'named', objectOf: 'batch' },
    finding: 'lost',
    steps: 10,
  },
  ...objectForms.map((objectOf) => ({
    bug: `a partial response contains only the records of a failed object, objectOf ${objectOf}`,
    parts: () => ({ createHandler: namesRecordsOfFailedObjectsOnly }),
    given: { reportBatchItemFailures: true, objectOf },
    finding: 'incomplete',
    steps: 12,
  })),
  {
    bug: 'a partial response contains a stored record besides',
    parts: () => ({ createHandler: namesAStoredRecordToo }),
    given: { reportBatchItemFailures: true, resend: 'named' },
    finding: 'other keys',
    steps: 12,
  },
  {
    bug: 'an aborted invocation deletes what it stored',
    parts: erasesWhatItStoredWhenAborted,
    // In a partial response some of it would count as archived, which is the lesser finding.
    given: { reportBatchItemFailures: false, faults: ['report failed', 'expire'] },
    // The retry in the same process remembers what was stored, and does not look.
    finding: 'lost',
    steps: 12,
  },
];

describe('the simulation finds a planted bug, and shrinks its schedule', () => {
  it.each(bugs)('$bug (at most $steps steps)', async ({ parts, given, finding, steps }) => {
    const property = fc.asyncProperty(schedules, async (schedule) => {
      await simulate({ ...schedule, scenario: { ...schedule.scenario, ...given } }, parts());
    });
    const found = await fc.check(property, { numRuns: 2_000, seed: 1 });
    expect(String(found.errorInstance)).toContain(`Error: ${finding}`);
    expect(found.counterexample?.[0].steps.length).toBeLessThanOrEqual(steps);
  });
});
