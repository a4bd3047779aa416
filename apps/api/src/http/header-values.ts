import type { IncomingMessage } from 'node:http';

/**
 * Every value of a header, in the order in which they came. Node's `headersDistinct` sorts all headers of a request into
 * lists first.
 *
 * @param name in lower case.
 */
export function headerValues({ rawHeaders }: IncomingMessage, name: string): string[] {
  // Names and values in turns.
  return rawHeaders.filter((_, index) => {
    const given = index % 2 === 1 ? (rawHeaders[index - 1] ?? '') : '';
    return given.length === name.length && given.toLowerCase() === name;
  });
}
