import { describe, expect, it } from 'vitest';
import { isTime, parseReplayCommand } from '../../../../lambda/core/failed-batch/replay-command.ts';

describe('parseReplayCommand', () => {
  it('selects everything that is not replayed by default', () => {
    expect(parseReplayCommand({ command: 'replay' })).toEqual({
      prefix: '',
      since: undefined,
      until: undefined,
      topic: undefined,
      dryRun: false,
      force: false,
      continuation: undefined,
    });
  });

  it('accepts every field', () => {
    const command = {
      command: 'replay',
      prefix: 'aws/',
      since: '2026-11-24T09:00:00Z',
      until: '2026-11-25',
      topic: 'orders',
      dryRun: true,
      force: true,
      continuation: 'aws/lambda/x',
    };
    expect(parseReplayCommand(command)).toEqual({
      prefix: 'aws/',
      since: Date.UTC(2026, 10, 24, 9),
      until: Date.UTC(2026, 10, 25),
      topic: 'orders',
      dryRun: true,
      force: true,
      continuation: 'aws/lambda/x',
    });
  });

  it.each([[null], ['replay'], [{}], [{ command: 'delete' }], [{ Records: [] }]])(
    'refuses %j with an example',
    (event) => {
      expect(() => parseReplayCommand(event)).toThrow(
        expect.objectContaining({
          code: 'INVALID_EVENT',
          message:
            'neither an event of the replay queue nor a command such as {"command":"replay","since":"2026-11-24T09:00:00Z","topic":"orders","dryRun":true}',
        }),
      );
    },
  );

  it('names every problem', () => {
    const command = {
      command: 'replay',
      prefix: 1,
      since: 'yesterday',
      until: '2026-13-01',
      topic: null,
      dryRun: 'true',
      force: 0,
      continuation: {},
      dryrun: true,
    };
    const time = "must be a time such as '2026-11-24T09:00:00Z'";
    expect(() => parseReplayCommand(command)).toThrow(
      expect.objectContaining({
        message: [
          "'dryrun' is not one of prefix, since, until, topic, dryRun, force, continuation",
          'prefix must be text',
          `since ${time}`,
          `until ${time}`,
          'topic must be the name of a topic',
          'dryRun must be true or false',
          'force must be true or false',
          'continuation must be text',
        ].join('; '),
      }),
    );
  });
});

describe('isTime', () => {
  it.each(['2026-11-24', '2026-11-24T09:00Z', '2026-11-24T09:00:00.5+01:00'])(
    'accepts %s',
    (text) => {
      expect(isTime(text)).toBe(true);
    },
  );

  it.each([5, '', '24.11.2026', '2026-11-24T09:00:00', '2026-11-31T25:00Z'])(
    'refuses %j',
    (value) => {
      expect(isTime(value)).toBe(false);
    },
  );
});
