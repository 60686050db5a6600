import { expect, it } from 'vitest';
import { proveSimulated } from '../simulated.ts';

it('finds every loss that is planted after random histories, and nothing else', async () => {
  const { problems, ...proof } = await proveSimulated(30, 20_261_128, () => undefined);
  expect(problems).toEqual([]);
  expect(proof).toEqual({ planted: 30, found: 30, wrong: 0 });
});
