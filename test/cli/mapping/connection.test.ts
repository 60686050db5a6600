import { describe, expect, it } from 'vitest';
import { createMskToken } from '../../../kafka/msk-iam.ts';
import { now, ordersMapping, startConsole, uuid } from '../reset/reset-console.ts';
import type { FakeMapping } from './lambda-server.ts';

const line = `--topic orders --to-earliest --mapping ${uuid} --dry-run`;
const environment = { AWS_REGION: 'eu-west-1', KAFKA_PASSWORD: 'p' };
const msk = 'b-1.shop.x.c1.kafka.eu-west-1.amazonaws.com';

/** Runs a dry run with these flags and this mapping. @returns the connection that it opens */
async function connectionOf(flags: string, mapping: Partial<FakeMapping> = {}) {
  const { opened, run } = await startConsole({ mapping: ordersMapping(mapping) });
  expect(await run(`${line} ${flags}`.trim(), { environment })).toEqual({ code: 0, error: '' });
  return opened[0]?.connection;
}

const withScram = {
  SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH', URI: 'arn:aws:x' }],
};
const selfManaged = { EventSourceArn: undefined };
const iam = { tls: {}, sasl: { mechanism: 'IAM', token: expect.any(Function) } };
const scram = { sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' } };

describe('the connection of a reset', () => {
  it.each<[string, Partial<FakeMapping>, object]>([
    // Without flags, an address of MSK tells by its port, and any other by the mapping.
    ['', {}, iam],
    ['', withScram, {}],
    ['', selfManaged, {}],
    [`--brokers ${msk}:9098`, withScram, iam],
    [`--brokers ${msk}:9198`, {}, iam],
    [`--brokers b.x.kafka.cn-north-1.amazonaws.com.cn:9098`, withScram, iam],
    [`--brokers ${msk}:9092`, {}, {}],
    ['--tls', {}, { tls: {} }],
    ['--tls --sasl SCRAM-SHA-512 --username u', {}, { tls: {}, ...scram }],
    ['--sasl SCRAM-SHA-512 --username u', {}, scram],
    ['--sasl IAM', selfManaged, iam],
    ['--sasl IAM --tls', withScram, iam],
  ])('with "%s" and the mapping %j', async (flags, mapping, expected) => {
    const [, brokers = 'b:9092'] = /--brokers (\S+)/.exec(flags) ?? [];
    expect(await connectionOf(flags, mapping)).toEqual({ brokers: [brokers], ...expected });
  });

  it("signs in with IAM by the caller's credentials, in the region of the mapping", async () => {
    const connection = await connectionOf('--sasl IAM');
    if (connection?.sasl?.mechanism !== 'IAM') throw new Error('no IAM');
    const credentials = { accessKeyId: 'anyone', secretAccessKey: 'anyone' };
    const props = { region: 'eu-west-1', credentials, now: new Date(now) };
    expect(await connection.sasl.token()).toBe(await createMskToken(props));
  });
});
