import { z } from 'zod';

/** A query parameter that holds several values, with commas between them. */
export function commaSeparated<Entry extends z.ZodType<unknown, string>>(entry: Entry, max: number) {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(entry).max(max));
}
