import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SseParser } from './sse.ts';

const parse = (...chunks: string[]) => {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(chunk)).map(({ id, event, data }) => [id, event, data]);
};

describe('SseParser', () => {
  it('reads ids, names, data of several lines, comments and what has no colon', () => {
    expect(parse('\uFEFFid: 1\nevent: status\ndata: a\ndata:b\ndata\n\n: alive\n\ndata: c\n\n')).toEqual([
      ['1', 'status', 'a\nb\n'],
      ['1', 'message', 'c'],
    ]);
  });

  it('leaves out what is not complete, what has no data, and ids that cannot be sent back', () => {
    expect(parse('event: status\n\nid: a\0b\ndata: x\n\ndata: cut')).toEqual([['', 'message', 'x']]);
  });

  it('remembers the time after which to come again, and the last id', () => {
    const parser = new SseParser('before');
    expect(parser.lastEventId).toBe('before');
    parser.push('retry: 2000\n\nid: 7\n\nretry: soon\n\n');
    expect([parser.lastEventId, parser.retryMs]).toEqual(['7', 2_000]);
  });

  it('counts an id only when its event is complete, so that a break in the middle loses nothing', () => {
    const parser = new SseParser();
    parser.push('id: 1\ndata: told\n\nid: 2\nevent: status\ndata: {"cut');
    expect(parser.lastEventId).toBe('1');
  });

  it('knows whether a quiet line was kept alive', () => {
    const parser = new SseParser();
    parser.push('retry: 5\n\ndata: x\n\n');
    expect(parser.wasKeptAlive).toBe(false);
    parser.push(':\n\n');
    expect(parser.wasKeptAlive).toBe(true);
  });

  it('reads the same however the text is cut, and whatever ends its lines', () => {
    const line = fc.constantFrom(
      'data: x',
      'data:',
      'id: 1',
      'event: e',
      ': c',
      '',
      'retry: 5',
      'data: é\u2028😀',
    );
    const text = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')))
      .map((lines) => `${lines.flat().join('')}data: end\n\n`);
    fc.assert(
      fc.property(text, fc.array(fc.nat(200)), (whole, cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const chunks = places.map((place, index) => whole.slice(place, places[index + 1] ?? place));
        expect(parse(...chunks)).toEqual(parse(whole));
      }),
    );
  });
});
