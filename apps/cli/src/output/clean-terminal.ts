/**
 * Makes text of other people harmless to a terminal: control sequences and signs that turn the direction of writing become
 * visible. Line breaks and tabs stay.
 */
export function cleanTerminal(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(obeyed, visible);
}

const obeyed = /(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** As {@link cleanTerminal}, in one line. */
export function cleanLine(text: string): string {
  return cleanTerminal(text).replaceAll('\n', '⏎').replaceAll('\t', ' ');
}

/** JSON in one line: what a terminal would obey is escaped, so that nothing of the value is lost. */
export function toJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replaceAll(obeyed, escaped);
}

function visible(character: string): string {
  const code = character.charCodeAt(0);
  // Unicode has pictures of the first 33 control characters.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : '�';
}
