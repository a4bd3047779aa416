import { describe, expect, it } from '@jest/globals';
import { closeServer, listen, portOf } from './listen.ts';
import { sendJson } from './send-json.ts';

async function answerOf(body: unknown, contentType?: string) {
  const server = await listen(
    (_request, response) => {
      if (contentType) response.setHeader('Content-Type', contentType);
      sendJson(response, body);
    },
    0,
    '127.0.0.1',
  );
  const answer = await fetch(`http://127.0.0.1:${portOf(server)}`);
  const text = await answer.text();
  await closeServer(server, 0);
  const header = (name: string) => answer.headers.get(name);
  return { text, type: header('content-type'), length: Number(header('content-length')) };
}

describe('sendJson', () => {
  it.each([[{ a: 'plain' }], [{ a: 'ÿé' }], [{ a: '日本 🙂', b: '\u2028' }], [null], [[]]])(
    'sends %j as it is, with its length in bytes',
    async (body) => {
      const text = JSON.stringify(body);
      expect(await answerOf(body)).toEqual({
        text,
        type: 'application/json; charset=utf-8',
        length: Buffer.byteLength(text),
      });
    },
  );

  it('leaves the media type that was said before', async () => {
    expect((await answerOf({}, 'application/problem+json')).type).toBe('application/problem+json');
  });
});
