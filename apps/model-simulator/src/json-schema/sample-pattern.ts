import { compile } from './conforms.ts';
import { SchemaError } from './schema.ts';

/** What a character class is filled from: letters and digits first, then the rest of printable ASCII. */
const ALPHABET = [
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  ...' _-./:,;!?@#$%&*+=()[]{}<>|~^\'"`\\\t\n',
];
const ATOM = /\[(?:\\.|[^\]\\])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u....|x..|c.|.)|\((?:\?(?::|<\w+>))?|./suy;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/uy;

/** Look-around, modifiers and back-references. */
const UNSUPPORTED = /\(\?(?!:|<\w+>)|\\[1-9k]/;
const MAX_LENGTH = 10_000;
const MAX_EXTRA = 1_000;

interface Reader {
  pattern: string;
  at: number;
  /** Which of the fitting characters a class is filled with. */
  variant: number;
  /** How often more than needed a repeatable part is repeated. */
  extra: number;
}

/**
 * Strings that follow a regular expression, best effort: literals, classes, groups, alternatives and repetition are
 * understood; look-around and back-references are not. What comes out has to be checked against the pattern.
 */
export function* samplePattern(pattern: string, variant: number, minLength: number): Generator<string> {
  compile(pattern);
  if (UNSUPPORTED.test(pattern)) return;
  let before: string | undefined;
  for (let extra = 0; extra <= Math.min(Math.max(2, minLength), MAX_EXTRA); extra += 1) {
    const text = readAlternatives({ pattern, at: 0, variant, extra });
    if (text === before) return;
    if (text.length >= minLength) yield text;
    before = text;
  }
}

/** `a|b|c`, up to the end or a closing bracket; the variant chooses one. */
function readAlternatives(reader: Reader): string {
  const options = [''];
  while (reader.at < reader.pattern.length && reader.pattern[reader.at] !== ')') {
    if (reader.pattern[reader.at] === '|') {
      reader.at += 1;
      options.push('');
    } else {
      options.push(`${options.pop()}${readRepeated(reader)}`);
    }
  }
  reader.at += 1;
  return options[reader.variant % options.length] ?? '';
}

function readRepeated(reader: Reader): string {
  const text = readAtom(reader);
  const quantifier = match(QUANTIFIER, reader);
  if (quantifier === null) return text;
  const [, sign, least = '0', comma, most] = quantifier;
  const min = sign === '+' ? 1 : Number(least);
  const open = sign === '*' || sign === '+' || (comma === ',' && most === '');
  const max = open ? Number.POSITIVE_INFINITY : Number(most || (sign === '?' ? 1 : least));
  if (min * text.length > MAX_LENGTH)
    throw new SchemaError(`the pattern asks for more than ${MAX_LENGTH} characters`);
  return text.repeat(Math.min(max, min + reader.extra, MAX_LENGTH / Math.max(1, text.length)));
}

function readAtom(reader: Reader): string {
  const atom = match(ATOM, reader)?.[0] ?? '';
  if (atom.startsWith('(')) return readAlternatives(reader);
  if (/^(?:[$^]|\\[bB])$/.test(atom)) return '';
  const single = new RegExp(`^(?:${atom})$`, 'u');
  const fitting = ALPHABET.filter((character) => single.test(character));
  return fitting[reader.variant % fitting.length] ?? atom;
}

function match(expression: RegExp, reader: Reader): RegExpExecArray | null {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.pattern);
  if (found !== null) reader.at = expression.lastIndex;
  return found;
}
