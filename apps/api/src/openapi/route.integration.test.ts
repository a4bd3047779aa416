import { issueApiKey, seed } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { startTestApi } from '../api.fixture.ts';
import { call } from '../http/call.fixture.ts';

describe('/openapi.json', () => {
  it('needs no key and describes what can be asked, with every error by its code', async () => {
    await using api = await startTestApi();
    const { status, body, headers } = await call(`${api.url}/openapi.json`);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(body).toMatchObject({
      openapi: '3.1.1',
      paths: {
        '/v1/executions': {
          post: {
            operationId: 'submitExecution',
            responses: {
              202: { content: { 'application/json': {} } },
              429: { content: { 'application/problem+json': { examples: { BACKLOG_LIMIT: {} } } } },
            },
          },
        },
      },
    });
  });

  it('has examples of submissions that run as they are, for whoever tries them first', async () => {
    await using api = await startTestApi();
    const { userId } = await seed(api.db);
    const headers = { authorization: `Bearer ${await issueApiKey(api.db, userId, 'Demo')}` };
    const { paths } = (await call(`${api.url}/openapi.json`)).body as unknown as { paths: Paths };
    for (const [path, status] of [
      ['/v1/executions', 202],
      ['/v1/executions/batch', 200],
    ] as const) {
      const body = paths[path]?.post.requestBody.content['application/json'].example;
      const answer = await call(api.url + path, { method: 'POST', headers, body });
      expect(answer.status).toBe(status);
      expect(answer.text).not.toContain('NOT_FOUND');
    }
  });

  it('has only the methods of a document', async () => {
    await using api = await startTestApi();
    const { status, body } = await call(`${api.url}/openapi.json`, { method: 'DELETE' });
    expect([status, body['code']]).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });
});

type Paths = Record<
  string,
  { post: { requestBody: { content: { 'application/json': { example: object } } } } }
>;
