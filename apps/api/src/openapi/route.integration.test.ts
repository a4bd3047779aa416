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

  it('has only the methods of a document', async () => {
    await using api = await startTestApi();
    const { status, body } = await call(`${api.url}/openapi.json`, { method: 'DELETE' });
    expect([status, body['code']]).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });
});
