import { z } from 'zod';
import { shownAs } from '../openapi/simplify.ts';
import { idPattern } from './id-parameter.ts';

/** A place in a list that is ordered by a time and an id. */
export interface Cursor {
  at: Date;
  id: string;
}

const shape = z.tuple([z.iso.datetime(), z.string().regex(idPattern)]);

/** Opaque to callers. */
export function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(JSON.stringify([at.toISOString(), id])).toString('base64url');
}

/** A query parameter that holds a cursor of ours. */
export const cursorParameter = z
  .string()
  .max(200)
  .transform((text, context): Cursor => {
    const parsed = shape.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
    if (parsed.success) return { at: new Date(parsed.data[0]), id: parsed.data[1] };
    context.addIssue({ code: 'custom', message: 'must be a nextCursor of an earlier answer' });
    return z.NEVER;
  })
  .meta({ description: 'The `nextCursor` of an earlier answer, to get what follows' });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const limitError = { error: 'must be a whole number from 1 to 100' };

/** How many entries of a list to give. */
export const limitParameter = z
  .string(limitError)
  .regex(/^\d{1,9}$/, limitError)
  .transform(Number)
  .pipe(z.number().min(1, limitError).max(100, limitError))
  .default(20)
  .meta(
    shownAs('Entries of a page at most', {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 100,
      default: 20,
    }),
  );

/**
 * Makes a page of a list that was asked for one entry more than `limit`.
 *
 * @param position where an entry stands in the list.
 */
export function toPage<T>(entries: T[], limit: number, position: (entry: T) => Cursor) {
  return asPage(entries.slice(0, limit), entries.length > limit, position);
}

/** As {@link toPage}, of a list that tells by itself whether others follow. */
export function asPage<T>(data: T[], hasMore: boolean, position: (entry: T) => Cursor) {
  const last = data.at(-1);
  return { data, nextCursor: hasMore && last ? encodeCursor(position(last)) : null };
}
