import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkPorts, fixedPorts, freePorts } from '../../kafka-cluster/ports.ts';
import { refusalOf } from './fake-programs.ts';

/** A port that is listened on until the test is over. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('ports', () => {
  it('follow the first one', () => {
    expect(fixedPorts(9092, { brokers: 1, isSecure: false })).toEqual({
      brokers: [{ plain: 9092 }],
      controller: 9112,
    });
    expect(fixedPorts(9092, { brokers: 3, isSecure: true })).toEqual({
      brokers: [
        { plain: 9092, secured: 9102 },
        { plain: 9093, secured: 9103 },
        { plain: 9094, secured: 9104 },
      ],
      controller: 9112,
    });
  });

  it('are all different where any will do, and none that outgoing connections get', async () => {
    const { brokers, controller } = await freePorts({ brokers: 3, isSecure: true });
    const all = [...brokers.flatMap(({ plain, secured }) => [plain, secured]), controller];
    expect(new Set(all).size).toBe(7);
    expect(all.filter((port) => port === undefined || port < 20_000 || port >= 32_000)).toEqual([]);
    const plain = await freePorts({ brokers: 1, isSecure: false });
    expect(plain.brokers).toEqual([{ plain: expect.any(Number) }]);
  });

  it.each(['plain', 'secured', 'controller'] as const)(
    'are refused when one is taken: %s',
    async (kind) => {
      const port = await takenPort();
      const { brokers, controller } = await freePorts({ brokers: 1, isSecure: true });
      const [broker = { plain: 0 }] = brokers;
      expect(await refusalOf(() => checkPorts({ brokers, controller }))).toBe('none');
      const ports =
        kind === 'controller'
          ? { brokers, controller: port }
          : { brokers: [{ ...broker, [kind]: port }], controller };
      expect(await refusalOf(() => checkPorts(ports))).toBe(
        `port ${port} is taken: stop what listens there, or choose another --port`,
      );
    },
  );
});
