import { isObject } from '../../../lambda/core/is-object.ts';

/** Fields whose values say what the service does, and nothing of a record. */
const SHOWN = ['condition', 'schemaVersion', 'version', 'eventSource', 'timestampType'];

/**
 * The fields of a JSON document with the types of their values, in place of the values. A string that is JSON, such
 * as the payload of a failed batch, is reduced like the rest; of an array, each different shape is kept once.
 */
export function shapeOf(json: unknown): unknown {
  if (Array.isArray(json)) {
    const shapes = json.map((each) => JSON.stringify(shapeOf(each)));
    return [...new Set(shapes)].map((shape) => JSON.parse(shape));
  }
  if (isObject(json)) {
    const fields = Object.entries(json);
    return Object.fromEntries(
      fields.map(([name, value]) => [name, SHOWN.includes(name) ? value : shapeOf(value)]),
    );
  }
  if (typeof json === 'string' && /^\s*[{[]/.test(json)) {
    try {
      return shapeOf(JSON.parse(json));
    } catch {
      return 'string';
    }
  }
  return json === null ? null : typeof json;
}
