import type { z } from 'zod';
import { DashboardError } from '../errors.ts';

/**
 * Reads a part of the template by its schema.
 *
 * @param what names it in the error
 * @throws {DashboardError} for what the schema does not have: a property that the picture would leave out, above all
 */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const problems = error.issues.map(({ message, path }) => {
    const place = path.length === 0 ? '' : `${path.join('.')}: `;
    return place + message;
  });
  throw new DashboardError(`${what} has what the picture does not know: ${problems.join('; ')}`);
}
