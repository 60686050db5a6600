import { describe, expect, it } from 'vitest';
import { catalogQueries } from '../../../lib/catalog/saved-queries.ts';

describe('the saved queries', () => {
  it('are these', () => {
    expect(catalogQueries().map(({ name }) => name)).toEqual([
      'duplicates',
      'conflicts',
      'holes',
      'late-records',
      'volume-by-hour',
      'find-by-key',
      'unmatched-lines',
    ]);
  });

  it.each(catalogQueries())('$name filters dt wherever it reads a view', ({ sql }) => {
    const reads = sql.match(/FROM archive\w*/g)?.length ?? 0;
    expect(reads).toBeGreaterThan(0);
    expect(sql.match(/dt >= CAST\(current_date - INTERVAL '1' DAY AS varchar\)/g)).toHaveLength(
      reads,
    );
  });
});
