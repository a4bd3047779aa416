import { describe, expect, it } from '@jest/globals';
import { startTestApi } from '../api.fixture.ts';

const ours = 'https://app.example.com';

const preflight = (url: string, origin: string) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });

describe('a page of another origin', () => {
  it('may ask when its origin is configured, with a key of its own', async () => {
    await using api = await startTestApi({ CORS_ORIGINS: [ours, 'http://localhost:5173'] });
    const { apiKey } = await api.user('PRO');
    const before = await preflight(`${api.url}/v1/executions`, ours);
    expect(before.status).toBe(204);
    expect(before.headers.get('access-control-allow-origin')).toBe(ours);
    expect(before.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(before.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('idempotency-key');
    expect(before.headers.get('access-control-allow-credentials')).toBeNull();
    const { status, headers } = await fetch(`${api.url}/v1/executions`, {
      headers: { origin: ours, authorization: `Bearer ${apiKey}` },
    });
    expect([status, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([
      200,
      ours,
      'Origin',
    ]);
    expect(headers.get('access-control-expose-headers')?.split(',').toSorted()).toEqual([
      'ETag',
      'Idempotent-Replayed',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Request-Id',
    ]);
  });

  it('may also look at errors, and at what the API is', async () => {
    await using api = await startTestApi({ CORS_ORIGINS: [ours] });
    for (const path of ['/v1/executions', '/openapi.json']) {
      const { headers } = await fetch(api.url + path, { headers: { origin: ours } });
      expect(headers.get('access-control-allow-origin')).toBe(ours);
    }
  });

  it.each([
    'https://app.example.com.evil.com',
    'https://evil.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://APP.example.com',
    'null',
  ])('may not when it is %s', async (origin) => {
    await using api = await startTestApi({ CORS_ORIGINS: [ours] });
    for (const response of [
      await preflight(`${api.url}/v1/executions`, origin),
      await fetch(`${api.url}/v1/executions`, { headers: { origin } }),
    ])
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may not ask at all unless that is configured, and never for the operator’s pages', async () => {
    await using closed = await startTestApi();
    const answer = await preflight(`${closed.url}/v1/executions`, ours);
    expect(answer.status).toBe(401);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    await using api = await startTestApi({ CORS_ORIGINS: [ours] });
    const { headers } = await preflight(`${api.url}/admin/queues`, ours);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
