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
  const parsed = parse(json);
  if (parsed !== undefined) return shapeOf(parsed);
  return json === null ? null : typeof json;
}

/** The `batchSize` of a failed batch, and how many records it holds; undefined where it does not have them. */
export function countsOf(entry: unknown) {
  const { KafkaBatchInfo: info, payload } = isObject(entry) ? entry : {};
  const event = parse(payload) ?? payload;
  const runs = isObject(event) && isObject(event.records) ? event.records : undefined;
  return {
    batchSize: isObject(info) ? info.batchSize : undefined,
    records: runs && Object.values(runs).flat().length,
  };
}

/** The object or list that a string holds as JSON; undefined if it holds neither. */
function parse(text: unknown): unknown {
  if (typeof text !== 'string' || !/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
