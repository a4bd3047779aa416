import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { extractJson } from './extract-json.ts';

const jsonText = fc.tuple(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t')).map(([value, indent]) => {
  return JSON.stringify(value, null, indent);
});
const containerText = jsonText.filter((text) => text.startsWith('{') || text.startsWith('['));
const fence = fc.constantFrom('```', '````', '~~~', '~~~~~~');
const language = fc.constantFrom('', 'json', 'JSON', ' json ', 'javascript');
/** Prose without what could be taken for JSON or for a fence. */
const prose = fc.string().map((text) => text.replace(/[[{`~]/g, ''));

describe('extractJson', () => {
  it('reads any JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(extractJson(text)).toEqual({ value: JSON.parse(text), extraction: 'whole' });
      }),
    );
  });

  it('reads any JSON in a code block', () => {
    fc.assert(
      fc.property(jsonText, fence, language, prose, (text, mark, name, sentence) => {
        const output = `Answer ${sentence}\n${mark}${name}\n${text}\n${mark}\n${sentence}`;
        expect(extractJson(output)).toEqual({ value: JSON.parse(text), extraction: 'fenced' });
      }),
    );
  });

  it('reads any array or object in prose', () => {
    fc.assert(
      fc.property(containerText, prose, prose, (text, before, after) => {
        expect(extractJson(`Answer: ${before}${text}${after}`)?.value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('finds nothing in JSON that was cut off', () => {
    fc.assert(
      fc.property(containerText, fc.nat(), prose, (text, length, before) => {
        const cut = text.slice(0, length % text.length);
        expect(extractJson(`Answer: ${before}${cut}`)).toBeUndefined();
      }),
    );
  });

  it('reads as a whole exactly what JSON.parse reads', () => {
    const noise = '{}[]"\\:,-+.019eEtrufalsn \n\t\u0000\u001f\u007f\ud800ü/'.split('');
    const piece = fc.constantFrom(...noise, '"a"', '"a":', 'true', '[]', '\\u00e4', '\\ud83d');
    const damaged = fc
      .tuple(jsonText, fc.nat(), piece, fc.nat({ max: 1 }))
      .map(([text, at, inserted, removed]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + inserted + text.slice(place + removed);
      });
    const scrambled = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.oneof(damaged, scrambled), (text) => {
        const json = extractJson(text);
        expect(json?.extraction === 'whole' ? json.value : unreadable).toEqual(parseOr(unreadable, text));
      }),
      { numRuns: 2_000 },
    );
  });
});

const unreadable = Symbol('unreadable');

function parseOr<T>(other: T, text: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch {
    return other;
  }
}
