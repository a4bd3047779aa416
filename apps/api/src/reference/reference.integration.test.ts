import { describe, expect, it } from '@jest/globals';
import { startTestApi } from '../api.fixture.ts';
import { call } from '../http/call.fixture.ts';

describe('/docs', () => {
  it('needs no key, leads to the errors and the document, and lets the page load nothing from elsewhere', async () => {
    await using api = await startTestApi();
    const { status, text, headers } = await call(`${api.url}/docs`);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const addresses = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses).toEqual(expect.arrayContaining(['/docs/errors', '/openapi.json']));
    expect(addresses.filter((address) => !address?.startsWith('/') && address !== 'data:,')).toEqual([]);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
    for (const path of addresses) {
      if (path?.startsWith('/')) expect([path, (await call(api.url + path)).status]).toEqual([path, 200]);
    }
  });

  it('is where the address of the API leads', async () => {
    await using api = await startTestApi();
    const { status, headers } = await call(`${api.url}/`);
    expect([status, headers.get('location')]).toEqual([302, '/docs']);
    expect((await call(`${api.url}/`, { method: 'POST' })).status).toBe(404);
  });

  it('sends its files compressed, and as they are to who asks for that', async () => {
    await using api = await startTestApi();
    const sizes = await Promise.all(
      ['gzip', 'identity'].map(async (encoding) => {
        const headers = { 'accept-encoding': encoding };
        const response = await fetch(`${api.url}/docs/swagger-ui.css`, { headers });
        expect(response.headers.get('content-encoding')).toBe(encoding === 'gzip' ? 'gzip' : null);
        expect(response.headers.get('vary')).toBe('Accept-Encoding');
        await response.text();
        return Number(response.headers.get('content-length'));
      }),
    );
    const [gzipped = 0, plain = 0] = sizes;
    expect(gzipped).toBeGreaterThan(0);
    expect(gzipped * 4).toBeLessThan(plain);
  });

  it('has only the methods of a document, and no other files', async () => {
    await using api = await startTestApi();
    expect((await call(`${api.url}/docs`, { method: 'POST' })).status).toBe(405);
    for (const path of [
      '/docs/package.json',
      '/docs/swagger-ui-dist/package.json',
      '/docs/..%2fpackage.json',
    ]) {
      expect((await call(api.url + path)).status).toBe(404);
    }
  });
});
