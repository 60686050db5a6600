import { expect, it } from 'vitest';
import { FirstLines } from '../../demo/first-lines.ts';

it('tells the first five of each kind, and says so', () => {
  const printed: string[] = [];
  const lines = new FirstLines((line) => printed.push(line));
  for (let i = 1; i <= 7; i++) {
    lines.tell('replayed', `${i}`);
    if (i === 6) lines.tell('dead', 'a');
  }
  expect(printed).toEqual([
    ...[1, 2, 3, 4, 5].map((i) => `replayed: ${i}`),
    '(further ones replayed are only counted)',
    'dead: a',
  ]);
});
