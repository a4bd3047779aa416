import { hash } from 'node:crypto';

/** Text that is canonical already, or a value still to be written. */
type Part = string | { value: unknown };

/**
 * SHA-256, in hexadecimal, of a JSON value in canonical form (RFC 8785: no spaces, members sorted by their UTF-16
 * code units). Any depth of nesting is hashed: a config that is refused for its depth gets its verdict too.
 */
export function hashConfig(config: unknown): string {
  const canonical: string[] = [];
  const pending: Part[] = [{ value: config }];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (typeof part === 'string') canonical.push(part);
    else for (const inner of partsOf(part.value).reverse()) pending.push(inner);
  }
  return hash('sha256', canonical.join(''), 'hex');
}

function partsOf(value: unknown): Part[] {
  if (Array.isArray(value)) {
    return ['[', ...value.flatMap((item, index): Part[] => [index === 0 ? '' : ',', { value: item }]), ']'];
  }
  if (typeof value !== 'object' || value === null) return [JSON.stringify(value ?? null)];
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = members.flatMap(([name, child], index): Part[] => [
    `${index === 0 ? '' : ','}${JSON.stringify(name)}:`,
    { value: child },
  ]);
  return ['{', ...parts, '}'];
}
