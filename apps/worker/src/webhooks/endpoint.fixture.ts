import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Made by `openssl req -x509` for `hooks.test`, `localhost` and 127.0.0.1, until the year 2126; worth nothing elsewhere. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBwTCCAWegAwIBAgIUG7PTTl4Tlf71CHJh83lw4n/7m28wCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWRm9ybWFPcHMgdGVzdCBlbmRwb2ludDAgFw0yNjExMjUyMzUy
MjlaGA8yMTI2MTEwMTIzNTIyOVowITEfMB0GA1UEAwwWRm9ybWFPcHMgdGVzdCBl
bmRwb2ludDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJvQTf3LlDHgk6D/6nhH
+jvEKoYMdGlGIxaPBCT6YxPOwHU1iHdspwxa1oa51OADKiTQvvjuz7MDuZEr1AVg
c+ejezB5MB0GA1UdDgQWBBTTfPcewliyjp5cLgyG9xpahFVmSTAfBgNVHSMEGDAW
gBTTfPcewliyjp5cLgyG9xpahFVmSTAPBgNVHRMBAf8EBTADAQH/MCYGA1UdEQQf
MB2CCmhvb2tzLnRlc3SCCWxvY2FsaG9zdIcEfwAAATAKBggqhkjOPQQDAgNIADBF
AiAp/ecfMTnB9IKHTtkBUi3OTQbEW667tpW2u8G+tExdKgIhANC+w1UDxEtB/9B9
geZ5cKRvCGMkzVZsjcZctYPDEhYW
-----END CERTIFICATE-----
`;

const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5JpFGCsngj98Xx1b
iy0yF25CMf7SJhcLHY8d9zFw1ZahRANCAASb0E39y5Qx4JOg/+p4R/o7xCqGDHRp
RiMWjwQk+mMTzsB1NYh3bKcMWtaGudTgAyok0L747s+zA7mRK9QFYHPn
-----END PRIVATE KEY-----
`;

/** What an endpoint was sent. */
export interface Received {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Endpoint extends AsyncDisposable {
  port: number;
  /** At `hooks.test`, where {@link resolveHere} leads to this machine. */
  url: string;
  received: Received[];
  /** Fulfilled when so many have come. */
  hasReceived(count: number): Promise<void>;
  answer: (request: Received, response: ServerResponse, raw: IncomingMessage) => void;
}

/** An HTTPS server that keeps what it is sent, and answers 204 unless told otherwise. */
export async function startEndpoint(): Promise<Endpoint> {
  const waiting: Array<{ count: number; resolve: () => void }> = [];
  const server = https.createServer({ cert: certificate, key: privateKey }, async (request, response) => {
    const { method, url: path, headers } = request;
    const one = { method, path, headers, body: await text(request) };
    endpoint.received.push(one);
    for (const { count, resolve } of waiting) if (endpoint.received.length >= count) resolve();
    endpoint.answer(one, response, request);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint: Endpoint = {
    port,
    url: `https://hooks.test:${port}/hook`,
    received: [],
    hasReceived(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (endpoint.received.length >= count) resolve();
      else waiting.push({ count, resolve });
      return promise;
    },
    answer: (_request, response) => void response.writeHead(204).end(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return endpoint;
}

/** In place of DNS: every name leads to this machine. */
export const resolveHere = async () => ['127.0.0.1'];
