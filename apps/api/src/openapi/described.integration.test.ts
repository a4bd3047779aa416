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

const problem = (status: number, code: string) =>
  JSON.stringify({ type: '', title: '', status, code, detail: '', requestId: '' });

describe('what tests take for described', () => {
  it('is an answer with exactly the fields of its schema', async () => {
    await check('/v1/prompts', 200, '{"data":[],"nextCursor":null}');
    await expect(check('/v1/prompts', 200, '{"data":[]}')).rejects.toThrow('nextCursor');
    const more = '{"data":[],"nextCursor":null,"more":1}';
    await expect(check('/v1/prompts', 200, more)).rejects.toThrow('additional');
  });

  it('is no other status, code, media type or path', async () => {
    await check('/v1/prompts/x', 404, problem(404, 'NOT_FOUND'), 'application/problem+json');
    await expect(check('/v1/prompts', 409, problem(404, 'NOT_FOUND'))).rejects.toThrow('not described');
    await expect(
      check('/v1/prompts/x', 404, problem(404, 'CSRF'), 'application/problem+json'),
    ).rejects.toThrow('CSRF');
    await expect(check('/v1/prompts/x', 404, problem(404, 'NOT_FOUND'))).rejects.toThrow('application/json');
    await expect(check('/v1/unknown', 200, '{}')).rejects.toThrow('is not described');
  });

  it('is no other header, except for those that every answer has', async () => {
    const page = '{"data":[],"nextCursor":null}';
    await check('/v1/prompts', 200, page, 'application/json', { 'content-length': '29' });
    const tagged = check('/v1/prompts', 200, page, 'application/json', { etag: '"1"' });
    await expect(tagged).rejects.toThrow('etag');
  });

  it('is no answer without a header that must be there', async () => {
    const key = problem(401, 'INVALID_API_KEY');
    const type = 'application/problem+json';
    await check('/v1/prompts', 401, key, type, { 'www-authenticate': 'Bearer' });
    await expect(check('/v1/prompts', 401, key, type)).rejects.toThrow('without WWW-Authenticate');
    const busy = check('/v1/prompts', 503, problem(503, 'DATABASE_BUSY'), type);
    await expect(busy).rejects.toThrow('without Retry-After');
  });
});
