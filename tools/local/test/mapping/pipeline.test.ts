import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MAX_PAYLOAD_BYTES } from '../../../../lambda/contract.ts';
import { toEventJson } from '../../../../lambda/core/record/mapping-event.ts';
import type { MappingDeps } from '../../mapping/event-source-mapping.ts';
import { MemoryTopic } from '../../mapping/memory-topic.ts';
import { createPipeline, type PipelineOptions } from '../../mapping/pipeline.ts';
import { mappingSettings } from '../../mapping/settings.ts';
import type { Poller, Source } from '../../mapping/source.ts';
import { settle } from '../fake-clock.ts';
import { ofEventBytes } from '../running-mapping.ts';
import { batchRecord, origin, sourceRecord } from '../source-records.ts';

type Mapping = Omit<MappingDeps, 'invoke' | 'clock'>;

const emptyTopic = () => new MemoryTopic({ topic: 'orders', partitions: 1, maxBufferedBytes: 1e9 });

const mappingOf = (source: Source, parts: Partial<Mapping> = {}): Mapping => ({
  source,
  origin,
  settings: mappingSettings({ batchWindow: 0 }),
  observe: () => undefined,
  ...parts,
});

/** A pipeline whose function is never invoked. */
function pipelineOf(
  mappings: readonly Mapping[],
  wrapInvoke: PipelineOptions['wrapInvoke'] = (invoke) => invoke,
) {
  const environment = {};
  const configuration = {
    ...{ name: 'archive', codeFolder: '', handler: '', timeoutSeconds: 1, memoryMiB: 128 },
    ...{ environment, log: new PassThrough() },
  };
  return createPipeline({ function: configuration, mappings, wrapInvoke });
}

/** Runs a topic to its end, and returns the function. */
async function runThrough(topic: Source, wrapInvoke: PipelineOptions['wrapInvoke']) {
  const pipeline = pipelineOf([mappingOf(topic)], wrapInvoke);
  await pipeline.run();
  return pipeline.function;
}

/** Whether a promise is settled once nothing else can proceed. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  promise.then(mark, mark);
  await settle();
  return settled;
}

/** A topic that the test ends. */
function failingSource(): { source: Source; fail: (error: Error) => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const poller: Poller = {
    async *assignments() {
      yield [0];
      await promise;
    },
    reader: () => ({
      read: () => promise,
      ended: false,
      isLost: false,
      commit: async (offsets) => offsets,
    }),
    leave: async () => undefined,
  };
  return { source: { topic: 'failing', join: async () => poller }, fail: reject };
}

const gone = new RangeError('offset out of range');

describe('a pipeline', () => {
  it('ends when all its topics have ended', async () => {
    const topics = [emptyTopic(), emptyTopic()];
    const run = pipelineOf(topics.map((topic) => mappingOf(topic))).run();
    topics[0]?.end();
    expect(await isSettled(run)).toBe(false);
    topics[1]?.end();
    await run;
  });

  it('ends when it is stopped', async () => {
    const pipeline = pipelineOf([mappingOf(emptyTopic()), mappingOf(emptyTopic())]);
    const run = pipeline.run();
    expect(await isSettled(run)).toBe(false);
    pipeline.stop();
    await run;
  });

  it('fails if a topic cannot be joined', async () => {
    const refused = { topic: 'orders', join: () => Promise.reject(gone) };
    await expect(pipelineOf([mappingOf(emptyTopic()), mappingOf(refused)]).run()).rejects.toBe(
      gone,
    );
  });

  it('fails only after the other topics have committed their batches', async () => {
    const { fail, source } = failingSource();
    const topic = emptyTopic();
    const [begun, kept] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const onFailure = () => {
      begun.resolve();
      return kept.promise;
    };
    // Given up without an invocation.
    await topic.produce(sourceRecord(ofEventBytes(MAX_PAYLOAD_BYTES + 1)));
    const run = pipelineOf([mappingOf(source), mappingOf(topic, { onFailure })]).run();
    await begun.promise;
    fail(gone);
    expect(await isSettled(run)).toBe(false);
    kept.resolve();
    await expect(run).rejects.toBe(gone);
    expect(topic.lag(0)).toBe(0);
  });
});

describe('an interceptor', () => {
  it('is invoked instead of the function', async () => {
    const topic = emptyTopic();
    await topic.produce(sourceRecord());
    topic.end();
    const events: string[] = [];
    const { coldStarts } = await runThrough(topic, () => async (event) => {
      events.push(event);
      return { kind: 'returned', payload: 'null' };
    });
    expect(events).toEqual([toEventJson([batchRecord()], origin)]);
    expect(coldStarts).toBe(0);
    expect(topic.lag(0)).toBe(0);
  });
});
