/**
 * Makes text of other people harmless to a terminal: control sequences and signs that turn the direction of writing become
 * visible. Line breaks and tabs stay.
 */
export function cleanTerminal(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, visible);
}

/** As {@link cleanTerminal}, in one line. */
export function cleanLine(text: string): string {
  return cleanTerminal(text).replaceAll('\n', '⏎').replaceAll('\t', ' ');
}

function visible(character: string): string {
  const code = character.charCodeAt(0);
  // Unicode has pictures of the first 33 control characters.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : '�';
}
