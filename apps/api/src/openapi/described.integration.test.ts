import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../api.fixture.ts';
import { expectDescribed } from './described.fixture.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

const answered = (status: number, text: string, contentType = 'application/json', headers = {}) => ({
  status,
  headers: new Headers({ 'content-type': contentType, 'x-request-id': 'x', ...headers }),
  text,
  body: text === '' ? {} : JSON.parse(text),
});
const check = (path: string, ...answer: Parameters<typeof answered>) =>
  expectDescribed(`${api.url}${path}`, 'GET', answered(...answer));

describe('what tests take for described', () => {
  it('is an answer with exactly the fields of its schema', async () => {
    await check('/v1/prompts', 200, '{"data":[],"nextCursor":null}');
    await expect(check('/v1/prompts', 200, '{"data":[]}')).rejects.toThrow('nextCursor');
    const more = '{"data":[],"nextCursor":null,"more":1}';
    await expect(check('/v1/prompts', 200, more)).rejects.toThrow('additional');
  });

  it('is no other status, code, media type or path', async () => {
    const problem = (code: string) =>
      `{"type":"","title":"","status":404,"code":"${code}","detail":"","requestId":""}`;
    await check('/v1/prompts/x', 404, problem('NOT_FOUND'), 'application/problem+json');
    await expect(check('/v1/prompts', 409, problem('NOT_FOUND'))).rejects.toThrow('not described');
    await expect(check('/v1/prompts/x', 404, problem('CSRF'), 'application/problem+json')).rejects.toThrow(
      'CSRF',
    );
    await expect(check('/v1/prompts/x', 404, problem('NOT_FOUND'))).rejects.toThrow('application/json');
    await expect(check('/v1/unknown', 200, '{}')).rejects.toThrow('is not described');
  });

  it('is no other header, except for those that every answer has', async () => {
    const page = '{"data":[],"nextCursor":null}';
    await check('/v1/prompts', 200, page, 'application/json', { 'content-length': '29' });
    const tagged = check('/v1/prompts', 200, page, 'application/json', { etag: '"1"' });
    await expect(tagged).rejects.toThrow('etag');
  });
});
