import type { Request } from 'express';

/** An entity tag as headers write it (RFC 9110, section 8.8.3); ours are all strong. */
export function entityTag(tag: string): string {
  return `"${tag}"`;
}

const tags = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/**
 * The strong tags that `If-Match` names. A weak one never matches (RFC 9110, section 13.1.1), and neither does what is
 * no tag: whoever sends the header wants to be protected.
 *
 * @returns null where anything matches: without the header, or with `*`.
 */
export function ifMatchOf(request: Request): string[] | null {
  const header = request.headers['if-match'];
  if (header === undefined || header.trim() === '*') return null;
  return [...header.matchAll(tags)].flatMap(([, weak, tag = '']) => (weak ? [] : [tag]));
}

/** @returns whether `If-None-Match` says that the caller has this already; weak tags count (RFC 9110, section 13.1.2). */
export function isKnownTo(request: Request, tag: string): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  return header.trim() === '*' || [...header.matchAll(tags)].some(([, , known]) => known === tag);
}
