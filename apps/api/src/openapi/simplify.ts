import type { CreateDocumentOptions } from 'zod-openapi';

type Override = Extract<CreateDocumentOptions['override'], (...args: never[]) => unknown>;
type JsonSchema = Parameters<Override>[0]['jsonSchema'];

const int32 = { minimum: -2_147_483_648, maximum: 2_147_483_647 };

/**
 * Says in the way of OpenAPI what Zod says by checks: formats instead of the limits of a number type and of a pattern
 * for every day that there is. Generators make types of these, and people read them.
 */
export function simplify(schema: JsonSchema): void {
  if (schema.format === 'date-time') delete schema.pattern;
  // Of a record: names are always text.
  if (Object.keys(schema.propertyNames ?? {}).join() === 'type') delete schema.propertyNames;
  if (schema.type === 'integer') simplifyInteger(schema);
}

function simplifyInteger(schema: JsonSchema): void {
  // A schema inside another one comes by once more, with its limits gone.
  if (schema.format === 'int32' || schema.format === 'int64') return;
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
  const isSmall = minimum >= int32.minimum && maximum <= int32.maximum;
  schema.format = isSmall ? 'int32' : 'int64';
  if (minimum === Number.MIN_SAFE_INTEGER || minimum === int32.minimum) delete schema.minimum;
  if (maximum === Number.MAX_SAFE_INTEGER || maximum === int32.maximum) delete schema.maximum;
}

/**
 * Meta data of a parameter that arrives as text and is read as something else: it is described as what is read.
 *
 * @param shown JSON Schema.
 */
export function shownAs(description: string, shown: JsonSchema) {
  const override = ({ jsonSchema }: { jsonSchema: JsonSchema }) => {
    for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
    Object.assign(jsonSchema, shown);
  };
  return { description, override };
}

/** As {@link shownAs}, for words with commas between. @param words they, or the name of the component that lists them. */
export function shownAsList(description: string, words: string | readonly string[]) {
  const items: JsonSchema =
    typeof words === 'string'
      ? { $ref: `#/components/schemas/${words}` }
      : { type: 'string', enum: [...words] };
  return {
    ...shownAs(description, { type: 'array', items }),
    param: { style: 'form' as const, explode: false },
  };
}
