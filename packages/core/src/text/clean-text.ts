const REPLACEMENT = '\uFFFD';

/**
 * Makes any string storable in PostgreSQL: NUL (refused by `text` and `jsonb`) and lone surrogates (refused by
 * `jsonb`, silently changed by `text`) become U+FFFD.
 *
 * @returns the storable text, and whether anything was replaced.
 */
export function cleanText(text: string): { text: string; changed: boolean } {
  if (text.isWellFormed() && !text.includes('\0')) return { text, changed: false };
  return { text: text.toWellFormed().replaceAll('\0', REPLACEMENT), changed: true };
}
