import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import { decideAnswer } from './answer.ts';
import { ApiError, WRONG_KEY } from './api-error.ts';
import { type Call, type CallLog, createCallLog } from './call-log.ts';
import { sendAnswer } from './send-answer.ts';

/** How the simulator behaves for all requests. */
export interface SimulatorOptions {
  /** The only key that is accepted as bearer token. Without it any key is, and none. */
  apiKey?: string;
  /** How many of the latest calls are kept; 1,000 unless set. */
  keptCalls?: number;
}

/** A simulator that listens. */
export interface RunningSimulator {
  /** Without `/v1`: clients take `${url}/v1` as base URL. */
  url: string;
  /** The latest calls, oldest first. */
  calls(): Call[];
  /** The first call, past or future, of which the predicate is true; rejects after `timeoutMs` (default 5,000). */
  waitForCall(predicate: (call: Call) => boolean, options?: { timeoutMs?: number }): Promise<Call>;
  /** As `waitForCall`, for calls whose client left before the answer was complete. */
  waitForClosed(predicate: (call: Call) => boolean, options?: { timeoutMs?: number }): Promise<Call>;
  /** Cuts all connections, ends all waiting, and resolves when the port is free. */
  close(): Promise<void>;
}

/** Models that are listed. Any other name is served as well. */
const MODELS = ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4.1-nano'];
const BODY_LIMIT = '32mb';
const WAIT_MS = 5_000;

/** Builds the application without listening. Every call goes into `log`. */
export function createSimulator(options: SimulatorOptions = {}, log: CallLog = createCallLog()): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/health', (_req, res) => void res.json({ status: 'ok', simulator: true }));
  app.get('/calls', (_req, res) => void res.json({ object: 'list', data: log.calls() }));
  app.get('/v1/models', (req, res) => {
    if (!isAuthorised(req, options)) throw new ApiError(401, WRONG_KEY);
    res.json({ object: 'list', data: MODELS.map(describeModel) });
  });
  app.post('/v1/chat/completions', express.json({ limit: BODY_LIMIT }), chatCompletions(options, log));
  app.use((req) => {
    throw new ApiError(404, `Unknown request URL: ${req.method} ${req.path}.`, { code: 'unknown_url' });
  });
  app.use(answerError);
  return app;
}

/** Starts a simulator. `port` 0 takes a free one. Rejects when the port is taken. */
export async function startSimulator(
  options: SimulatorOptions & { port?: number; host?: string } = {},
): Promise<RunningSimulator> {
  const log = createCallLog(options.keptCalls);
  const server = createServer(createSimulator(options, log));
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    url: urlOf(server),
    calls: log.calls,
    waitForCall: (predicate, { timeoutMs = WAIT_MS } = {}) => log.waitFor(predicate, timeoutMs),
    waitForClosed: (predicate, { timeoutMs = WAIT_MS } = {}) =>
      log.waitFor((call) => call.outcome === 'client-closed' && predicate(call), timeoutMs),
    close: () => close(server, log),
  };
}

function chatCompletions(options: SimulatorOptions, log: CallLog): RequestHandler {
  return async (req, res) => {
    const answer = decideAnswer({
      body: req.body,
      faultHeader: req.get('x-simulator-fault') ?? null,
      idempotencyKey: req.get('idempotency-key') ?? null,
      isAuthorised: isAuthorised(req, options),
    });
    const order = log.receive(answer.call);
    await sendAnswer(res, answer, (outcome, usage) => log.settle(order, outcome, usage));
  };
}

function isAuthorised(req: Request, { apiKey }: SimulatorOptions): boolean {
  return apiKey === undefined || req.get('authorization') === `Bearer ${apiKey}`;
}

function describeModel(id: string) {
  return { id, object: 'model', created: 0, owned_by: 'formaops-simulator' };
}

const answerError: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  const known = error instanceof ApiError ? error : asApiError(error);
  res.status(known.status).json(known.toBody());
};

/** body-parser's errors carry the status they stand for (https://www.npmjs.com/package/http-errors). */
function asApiError({ status, message }: { status?: unknown; message?: unknown }): ApiError {
  const isUnreadable = typeof status === 'number' && status >= 400 && status < 500;
  return isUnreadable
    ? new ApiError(status, `The request body cannot be read: ${message}.`)
    : new ApiError(500, `The simulator failed: ${message}.`);
}

async function close(server: Server, log: CallLog): Promise<void> {
  log.close();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
