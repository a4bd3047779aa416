import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDocumentDecoder, createEventDecoder, type EventDecoder } from './event-decoder.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function decode(decoder: EventDecoder, ...pieces: Uint8Array[]): string[] {
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
}

const decodeText = (text: string) => decode(createEventDecoder(), bytes(text));

describe('createEventDecoder', () => {
  it('gives each event as soon as its blank line is there', () => {
    const decoder = createEventDecoder();

    expect(decoder.push(bytes('data: one\n'))).toEqual([]);
    expect(decoder.push(bytes('\ndata: two\n\ndata: th'))).toEqual(['one', 'two']);
    expect(decoder.push(bytes('ree\n\n'))).toEqual(['three']);
    expect(decoder.end()).toEqual([]);
  });

  it('joins the data lines of one event', () => {
    expect(decodeText('data: a\ndata: b\n\n')).toEqual(['a\nb']);
  });

  it('removes one blank after the colon, and needs none', () => {
    expect(decodeText('data:a\n\ndata:  b\n\n')).toEqual(['a', ' b']);
  });

  it('skips comments, other fields and empty events', () => {
    expect(decodeText(': ping\n\nevent: x\nid: 1\nretry: 5\n\ndata: a\n\n\n\n')).toEqual(['a']);
  });

  it('takes CRLF for LF', () => {
    expect(decodeText('data: a\r\n\r\ndata: b\r\n\r\n')).toEqual(['a', 'b']);
  });

  it('gives the last event when its blank line, or even its line end, is missing', () => {
    expect(decodeText('data: a\n\ndata: b')).toEqual(['a', 'b']);
  });

  it('finds no event in a page of HTML', () => {
    expect(decodeText('<html>\n\n<body>no data: here</body>')).toEqual([]);
  });

  it('gives the same events however the bytes are cut', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n]/g, ' '));
    fc.assert(
      fc.property(
        fc.array(line),
        fc.constantFrom('\n', '\r\n'),
        fc.infiniteStream(fc.nat(7)),
        (lines, end, sizes) => {
          const body = bytes(lines.map((text) => `data: ${text}${end}${end}`).join(''));
          const pieces: Uint8Array[] = [];
          for (let start = 0; start < body.length; ) {
            const size = sizes.next().value;
            pieces.push(body.subarray(start, start + size));
            start += size;
          }

          expect(decode(createEventDecoder(), ...pieces)).toEqual(lines.map((text) => text.toWellFormed()));
        },
      ),
    );
  });
});

describe('createDocumentDecoder', () => {
  it('gives the whole body as one event, then the end', () => {
    const [first, second] = [bytes('{"a": "é"}').subarray(0, 8), bytes('{"a": "é"}').subarray(8)];

    expect(decode(createDocumentDecoder(), first, second)).toEqual(['{"a": "é"}', '[DONE]']);
  });
});
