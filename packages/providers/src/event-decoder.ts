/** Turns the pieces of a body into the data of its events, in order. */
export interface EventDecoder {
  push(piece: Uint8Array): string[];
  /** The body is over; answers what was still incomplete. */
  end(): string[];
}

/** What OpenAI sends as the last event of a stream. */
export const END_OF_STREAM = '[DONE]';

/**
 * Decodes server-sent events (WHATWG HTML, section 9.2), of which only `data` matters here. Lines end in LF or CRLF;
 * a lone CR, which no known server sends, ends none. An event that the body's end leaves open counts, because some
 * servers omit the last blank line.
 *
 * The client has a decoder, too, but with it a call of 30 chunks takes 1.1 ms of CPU time instead of 0.7, and it ends
 * an aborted stream as if the answer were complete.
 */
export function createEventDecoder(): EventDecoder {
  const utf8 = new TextDecoder();
  let openLine: string[] = [];
  let data: string[] = [];

  function takeLine(line: string, events: string[]): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') {
      if (data.length > 0) events.push(data.join('\n'));
      data = [];
    } else if (text.startsWith('data:')) {
      data.push(text.slice(text[5] === ' ' ? 6 : 5));
    }
  }

  function takeText(text: string): string[] {
    const events: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      openLine.push(text.slice(start, end));
      // Pieces are joined once per line, so that one very long line costs linear time.
      takeLine(openLine.join(''), events);
      openLine = [];
      start = end + 1;
    }
    if (start < text.length) openLine.push(text.slice(start));
    return events;
  }

  return {
    push: (piece) => takeText(utf8.decode(piece, { stream: true })),
    end: () => takeText(`${utf8.decode()}\n\n`),
  };
}

/** For servers that answer a streaming request with one JSON document: that document is the only event. */
export function createDocumentDecoder(): EventDecoder {
  const utf8 = new TextDecoder();
  const pieces: string[] = [];
  return {
    push(piece) {
      pieces.push(utf8.decode(piece, { stream: true }));
      return [];
    },
    end: () => [pieces.join('') + utf8.decode(), END_OF_STREAM],
  };
}
