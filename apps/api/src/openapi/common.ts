import { z } from 'zod';

/** An RFC 3339 time in UTC. */
export const time = z.iso.datetime().meta({ examples: ['2026-01-31T09:30:00.000Z'] });

/** An id in an answer. */
export const id = z.string().meta({ examples: ['019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b'] });

/** US dollars. */
export const money = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .meta({ description: 'US dollars, as a decimal', examples: ['0.001250'] });

/** Whatever JSON can hold. */
export const json = z.unknown().meta({ description: 'Any JSON value' });

export const jsonObject = z.record(z.string(), json).meta({ description: 'A JSON object' });

/** A part of a list; called after its entries where they have a name. */
export function pageOf<Entry extends z.ZodType>(entry: Entry) {
  const page = z.object({
    data: z.array(entry),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Give it as `cursor` to get what follows; null at the end' }),
  });
  const name = entry.meta()?.id;
  return name === undefined ? page : page.meta({ id: `${name}Page` });
}

/** What every error looks like: RFC 9457 with a stable code. */
export const problem = z
  .object({
    type: z.string().meta({ description: 'Where the code is explained' }),
    title: z.string(),
    status: z.int32(),
    code: z.string().meta({ description: 'Stable; see `/docs/errors`' }),
    detail: z.string().meta({ description: 'What went wrong, and what to do next' }),
    requestId: z.string().meta({ description: 'Also in the header `X-Request-Id`' }),
    errors: z
      .array(
        z.object({
          pointer: z
            .string()
            .meta({ description: 'JSON pointer into the body, or `/name` of a parameter or header' }),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Everything that is wrong with the request; of `INVALID_REQUEST`' }),
  })
  .meta({ id: 'Problem' });
