import { samplePattern } from './sample-pattern.ts';
import { SchemaError, type SchemaObject } from './schema.ts';

const COUNT = 100;
const MAX_LENGTH = 100_000;

/** Strings worth trying, the most ordinary first. A known format or a pattern leaves nothing else to try. */
export function* sampleStrings(schema: SchemaObject): Generator<string> {
  const { minLength = 0, maxLength = Infinity, pattern, format = '' } = schema;
  if (minLength > MAX_LENGTH) throw new SchemaError(`minLength is above ${MAX_LENGTH}`);
  const known = Object.hasOwn(formats, format) ? formats[format] : undefined;
  for (let index = 0; index < COUNT; index += 1) {
    if (known !== undefined) yield known(index);
    else if (pattern === undefined)
      yield fit(index === 0 ? 'simulated' : `${index} simulated`, minLength, maxLength);
    else yield* samplePattern(pattern, index, minLength);
  }
}

/** Padded with more of the same, or cut. The differing part stands in front, so that cutting keeps it. */
function fit(text: string, minLength: number, maxLength: number): string {
  const padded = text.length >= minLength ? text : `${text} text`.padEnd(minLength, ' text');
  return padded.slice(0, maxLength);
}

/** One example per number for each format (https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3). */
const formats: Record<string, (index: number) => string> = {
  'date-time': (index) => `${date(index)}T00:00:00Z`,
  date,
  time: (index) => `00:00:${twoDigits(index % 60)}Z`,
  duration: (index) => `P${index + 1}D`,
  email: (index) => `user${index}@example.com`,
  'idn-email': (index) => `user${index}@example.com`,
  hostname: (index) => `host${index}.example.com`,
  'idn-hostname': (index) => `host${index}.example.com`,
  ipv4: (index) => `192.0.2.${index}`,
  ipv6: (index) => `2001:db8::${index}`,
  uri: (index) => `https://example.com/${index}`,
  'uri-reference': (index) => `/${index}`,
  'uri-template': (index) => `/${index}/{id}`,
  iri: (index) => `https://example.com/${index}`,
  'iri-reference': (index) => `/${index}`,
  uuid: (index) => `00000000-0000-4000-8000-0000000000${twoDigits(index)}`,
  'json-pointer': (index) => `/${index}`,
  'relative-json-pointer': (index) => `${index}/a`,
  regex: (index) => `^${index}$`,
};

function date(index: number): string {
  return `2025-${twoDigits(1 + Math.floor(index / 28))}-${twoDigits(1 + (index % 28))}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
