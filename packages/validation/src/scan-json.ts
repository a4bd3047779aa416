/**
 * Deepest nesting of arrays and objects that is read. JSON.parse would take more than 256 MB for 4 MB of brackets, and
 * PostgreSQL's `jsonb` refuses 20,000 levels.
 */
export const maxJsonDepth = 512;

/** What stands at one place of a text. */
export interface JsonScan {
  /** A complete JSON array or object ends right before `end`. */
  isComplete: boolean;
  /** Behind the value, or the first character that cannot continue it. */
  end: number;
  /** Enough was read to tell JSON from brackets in prose: the name of a member, or a nested value. */
  looksLikeJson: boolean;
}

// Sticky, and without two ways to match the same text: they never go back.
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const unescaped = /[ !#-[\]-\uffff]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Recognises the array or object of RFC 8259 that begins at a given place of `text`, reading each character once and
 * none behind it. What nests deeper than {@link maxJsonDepth} is not complete.
 */
export function createJsonScanner(text: string): (start: number) => JsonScan {
  let at = 0;
  let looksLikeJson = false;

  function take(character: string): boolean {
    if (text[at] !== character) return false;
    at++;
    return true;
  }

  function match(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  }

  function skipSpace(): void {
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  }

  function value(depth: number): boolean {
    skipSpace();
    if (text[at] === '"') return string();
    return text[at] === '{' || text[at] === '[' ? container(depth) : match(scalar);
  }

  function container(depth: number): boolean {
    looksLikeJson ||= depth > maxJsonDepth;
    if (depth > maxJsonDepth) return false;
    const isComplete = take('{')
      ? list('}', () => member(depth))
      : take('[') && list(']', () => value(depth + 1));
    looksLikeJson ||= isComplete && depth > 1;
    return isComplete;
  }

  function list(closing: string, item: () => boolean): boolean {
    skipSpace();
    if (take(closing)) return true;
    do {
      if (!item()) return false;
      skipSpace();
    } while (take(','));
    return take(closing);
  }

  function member(depth: number): boolean {
    skipSpace();
    if (text[at] !== '"' || !string()) return false;
    skipSpace();
    if (!take(':')) return false;
    looksLikeJson = true;
    return value(depth + 1);
  }

  function string(): boolean {
    at++;
    do match(unescaped);
    while (match(escaped));
    return take('"');
  }

  return (start) => {
    at = start;
    looksLikeJson = false;
    return { isComplete: container(1), end: at, looksLikeJson };
  };
}
