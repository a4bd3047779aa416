import { once } from 'node:events';
import { createServer } from 'node:http';
import { onShutdown } from '@formaops/runtime';
import express, { type NextFunction, type Request, type Response } from 'express';
import { readPeerEnv } from '../peer-env.ts';
import { peerLog } from './peer-log.ts';
import { type SubmitBody, submitBody } from './submit-body.ts';

/** What a peer's API says of a stored execution. */
export interface StoredExecution {
  id: string;
  createdAt: Date;
  promptVersion: number;
}

export interface PeerApi {
  /** Stores an execution and queues it; null when there is no such prompt. */
  submit(body: SubmitBody): Promise<StoredExecution | null>;
  close(): Promise<void>;
}

/** Serves `POST /v1/executions` until the process is told to end. */
export async function servePeerApi(api: PeerApi): Promise<void> {
  const { port, apiKey } = readPeerEnv();
  const app = express();
  // What every guide to Express in production switches off, and nobody needs on answers that differ each time.
  app.disable('x-powered-by').disable('etag');
  const authorization = `Bearer ${apiKey}`;

  const requireKey = (request: Request, response: Response, next: NextFunction) => {
    if (request.headers.authorization === authorization) return next();
    response.status(401).json({ code: 'UNAUTHENTICATED' });
  };
  const submit = async (request: Request, response: Response) => {
    const parsed = submitBody.safeParse(request.body);
    if (!parsed.success)
      return void response.status(422).json({ code: 'INVALID_REQUEST', errors: parsed.error.issues });
    const stored = await api.submit(parsed.data);
    if (stored === null) return void response.status(404).json({ code: 'NOT_FOUND' });
    response
      .status(202)
      .location(`/v1/executions/${stored.id}`)
      .json({ ...parsed.data, ...stored, status: 'PENDING' });
  };
  const explain = (error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (isHttpError(error)) return void response.status(400).json({ code: 'INVALID_JSON' });
    peerLog.error({ err: error }, 'request failed');
    response.status(500).json({ code: 'INTERNAL' });
  };
  app.post('/v1/executions', requireKey, express.json({ limit: '1mb' }), submit);
  app.use(explain);

  const server = createServer({ keepAliveTimeout: 65_000 }, app).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await api.close();
  };
  onShutdown(stop, { hardLimitMs: 8_000, log: peerLog });
  const address = server.address();
  process.send?.({ ready: true, port: typeof address === 'object' ? address?.port : port });
}

/** What Express makes of a body that it cannot read. */
function isHttpError(error: unknown): boolean {
  return error instanceof Error && 'expose' in error && error.expose === true;
}
