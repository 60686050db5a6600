import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  EventStreamSerde,
  eventStreamSerdeProvider,
  resolveEventStreamSerdeConfig,
} from '../../../../lambda/io/bundled/no-event-streams.ts';
import { bundleFunction } from '../../../../lib/functions/bundle.ts';

it('leaves the configuration of a client as it is', () => {
  const config = { region: 'eu-west-1', eventStreamSerdeProvider };
  expect(resolveEventStreamSerdeConfig(config)).toBe(config);
  expect(eventStreamSerdeProvider()).toBeUndefined();
});

it('refuses a call with an event stream', () => {
  expect(() => new EventStreamSerde()).toThrow('event streams are not part of the bundle');
});

it("replaces the SDK's module in a bundle", () => {
  const code = readFileSync(join(bundleFunction('archive'), 'index.mjs'), 'utf8');
  expect(code).toContain('event streams are not part of the bundle');
  // A header of each message of an event stream.
  expect(code).not.toContain(':message-type');
});
