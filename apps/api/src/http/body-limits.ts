import { maxBodyBytes } from './json-body.ts';
import type { Operation } from './operation.ts';

/** @returns tells how many bytes the body of a request may have, by its address. */
export function bodyLimits(operations: readonly Operation[]): (url: string) => number {
  const larger = new Map<string, number>();
  for (const { path, maxBodyBytes: own } of operations) if (own !== undefined) larger.set(path, own);
  return (url) => larger.get(asRouted(url.split('?', 1)[0] ?? '')) ?? maxBodyBytes;
}

/** As the router reads it: letters large or small, escaped or not, with a slash at the end or without. */
function asRouted(path: string): string {
  const plain = path.toLowerCase().replace(/\/$/, '');
  if (!plain.includes('%')) return plain;
  try {
    return decodeURIComponent(plain).toLowerCase();
  } catch {
    // No route has this address.
    return plain;
  }
}
