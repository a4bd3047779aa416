/** What becomes part of an address. */
export type Parameters = Record<string, unknown>;

/**
 * The address of an operation.
 *
 * @throws TypeError for a part of the path that would lead somewhere else, such as an empty id.
 */
export function addressOf(baseUrl: string, template: string, path: Parameters, query: Parameters): string {
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => segment(name, path[name]));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(
      ([name, value]): Array<[string, string]> =>
        value === undefined || value === null ? [] : [[name, textOf(value)]],
    ),
  ).toString();
  return `${baseUrl.replace(/\/+$/, '')}${filled}${search && `?${search}`}`;
}

function segment(name: string, value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  if (text === '' || text === '.' || text === '..') throw new TypeError(`${name} must not be "${text}"`);
  return encodeURIComponent(text);
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.join(',') : String(value);
}
