import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { certificate, resolveHere, startEndpoint } from './endpoint.fixture.ts';
import { createWebhookPoster, type WebhookPosterOptions } from './post-webhook.ts';

const never = new AbortController().signal;

function setup(options: Partial<WebhookPosterOptions> = {}) {
  const post = createWebhookPoster({ allowPrivate: true, ca: certificate, resolve: resolveHere, ...options });
  return (url: string, signal = never) => post(url, { 'webhook-id': 'msg-1' }, '{"a":"ü"}', signal);
}

const refused = (statusCode: number) => ({ statusCode, errorCode: 'WEBHOOK_REFUSED' });
const failed = (errorCode: string) => ({ statusCode: null, errorCode });

describe('createWebhookPoster', () => {
  it('posts the body and the headers to an endpoint whose certificate it trusts', async () => {
    await using endpoint = await startEndpoint();
    expect(await setup()(`${endpoint.url}?a=b`)).toEqual({ statusCode: 204, errorCode: null });
    expect(endpoint.received).toMatchObject([
      {
        method: 'POST',
        path: '/hook?a=b',
        headers: { 'webhook-id': 'msg-1', host: `hooks.test:${endpoint.port}` },
        body: '{"a":"ü"}',
      },
    ]);
  });

  it.each([200, 201, 202, 299])('takes %d for a success', async (status) => {
    await using endpoint = await startEndpoint();
    endpoint.answer = (_, response) => void response.writeHead(status).end('thanks');
    expect(await setup()(endpoint.url)).toEqual({ statusCode: status, errorCode: null });
  });

  it.each([300, 304, 400, 404, 410, 429, 500, 503])('takes %d for a refusal', async (status) => {
    await using endpoint = await startEndpoint();
    endpoint.answer = (_, response) => void response.writeHead(status).end();
    expect(await setup()(endpoint.url)).toEqual(refused(status));
  });

  it('does not change protocols', async () => {
    await using endpoint = await startEndpoint();
    endpoint.answer = (_, _response, { socket }) =>
      void socket.end('HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
    expect(await setup()(endpoint.url)).toEqual(failed('WEBHOOK_UNREACHABLE'));
  });

  it.each([301, 302, 303, 307, 308])(
    'does not follow a redirect with %d to an address inside',
    async (status) => {
      await using inside = await startEndpoint();
      await using endpoint = await startEndpoint();
      endpoint.answer = (_, response) => void response.writeHead(status, { location: inside.url }).end();
      expect(await setup()(endpoint.url)).toEqual(refused(status));
      expect(inside.received).toEqual([]);
    },
  );

  it('refuses to connect where the name leads to a private address, and the address says so already', async () => {
    await using endpoint = await startEndpoint();
    const post = setup({ allowPrivate: false });
    for (const url of [
      'https://hooks.example.com/',
      `https://127.0.0.1:${endpoint.port}/`,
      'https://127.0.0.1/',
      'https://[::1]/',
      'https://[::ffff:7f00:1]/',
      'https://2130706433/',
      endpoint.url,
      `http://localhost:${endpoint.port}/`,
    ])
      expect([url, await post(url)]).toEqual([url, failed('WEBHOOK_ADDRESS_FORBIDDEN')]);
    expect(endpoint.received).toEqual([]);
  });

  it('uses no proxy of the environment', async () => {
    await using endpoint = await startEndpoint();
    const before = { ...process.env };
    Object.assign(process.env, { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '' });
    try {
      expect(await setup()(endpoint.url)).toMatchObject({ statusCode: 204 });
    } finally {
      process.env = before;
    }
  });

  it.each([
    ['no certificate that it knows', { ca: undefined }, (port: number) => `https://hooks.test:${port}/`],
    ['the certificate of another name', {}, (port: number) => `https://other.test:${port}/`],
  ])('does not speak to an endpoint with %s', async (_what, options, urlAt) => {
    await using endpoint = await startEndpoint();
    const { ca, ...rest } = { ca: certificate, ...options };
    const post = createWebhookPoster({
      allowPrivate: true,
      resolve: resolveHere,
      ...rest,
      ...(ca && { ca }),
    });
    expect(await post(urlAt(endpoint.port), {}, '{}', never)).toEqual(failed('WEBHOOK_TLS_FAILED'));
    expect(endpoint.received).toEqual([]);
  });

  it('gives up when no answer comes in time', async () => {
    await using endpoint = await startEndpoint();
    endpoint.answer = () => undefined;
    expect(await setup({ timeoutMs: 300 })(endpoint.url)).toEqual(failed('WEBHOOK_TIMEOUT'));
  });

  it('gives up when the name takes too long to be resolved', async () => {
    const resolve = () => new Promise<string[]>(() => undefined);
    expect(await setup({ timeoutMs: 100, resolve })('https://hooks.test/')).toEqual(
      failed('WEBHOOK_TIMEOUT'),
    );
  });

  it('is done with the status of an answer that drips or never ends', async () => {
    await using endpoint = await startEndpoint();
    endpoint.answer = (_, response) => {
      response.writeHead(200);
      response.write('a');
    };
    expect(await setup({ timeoutMs: 300 })(endpoint.url)).toEqual({ statusCode: 200, errorCode: null });
  });

  it('reads no more than 64 kB of an answer', async () => {
    await using endpoint = await startEndpoint();
    const closed = Promise.withResolvers<number>();
    endpoint.answer = (_, response, { socket }) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const write = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write).on('close', () => closed.resolve(socket.bytesWritten));
      write();
    };
    expect(await setup()(endpoint.url)).toEqual({ statusCode: 200, errorCode: null });
    // What the kernel and the streams hold in between was sent as well.
    expect(await closed.promise).toBeLessThan(20_000_000);
  });

  it.each([
    ['nobody listens', 'https://hooks.test:1/', {}],
    [
      'the name does not exist',
      'https://hooks.test/',
      { resolve: () => Promise.reject(new Error('ENOTFOUND')) },
    ],
  ])('says that it cannot be reached when %s', async (_what, url, options) => {
    expect(await setup(options)(url)).toEqual(failed('WEBHOOK_UNREACHABLE'));
  });

  it.each([
    ['closes the connection', (socket: Socket) => socket.destroy()],
    ['speaks something else', (socket: Socket) => socket.end('220 smtp\r\n')],
  ])('says so when the endpoint %s', async (_what, act) => {
    await using endpoint = await startEndpoint();
    endpoint.answer = (_, _response, { socket }) => void act(socket);
    expect(await setup()(endpoint.url)).toEqual(failed('WEBHOOK_UNREACHABLE'));
  });

  it('stops when it is told to', async () => {
    await using endpoint = await startEndpoint();
    endpoint.answer = () => undefined;
    const stop = new AbortController();
    const sending = setup()(endpoint.url, stop.signal);
    await endpoint.hasReceived(1);
    stop.abort();
    expect(await sending).toBe('stopped');
  });
});
