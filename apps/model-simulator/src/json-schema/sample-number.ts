import type { SchemaObject } from './schema.ts';

/** How many steps away from the middle the search goes, in each direction. */
const REACH = 100;

/** Numbers worth trying, the most ordinary first: multiples around the middle of the range, then fractions. */
export function* sampleNumbers(schema: SchemaObject): Generator<number> {
  const low = Math.max(schema.minimum ?? -Infinity, schema.exclusiveMinimum ?? -Infinity);
  const high = Math.min(schema.maximum ?? Infinity, schema.exclusiveMaximum ?? Infinity);
  const start = startOf(low, high);
  const step = schema.multipleOf ?? 1;
  const nearest = Math.round(start / step);
  for (let offset = 0; offset <= REACH; offset += 1) {
    yield (nearest + offset) * step;
    yield (nearest - offset) * step;
  }
  yield start;
  yield start + 0.5;
  yield start - 0.5;
  for (let part = 0; part <= REACH; part += 1) yield low + ((high - low) * part) / REACH;
}

function startOf(low: number, high: number): number {
  if (Number.isFinite(low) && Number.isFinite(high)) return low / 2 + high / 2;
  if (Number.isFinite(low)) return Math.max(low, 1);
  return Number.isFinite(high) ? Math.min(high, 1) : 1;
}
