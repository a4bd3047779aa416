import cors from 'cors';
import type { RequestHandler } from 'express';

/** What a page may look at besides the body, and what it may send. */
const exposedHeaders = [
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
];
const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'X-Request-Id',
];

/**
 * Lets pages of these origins, compared to the letter, ask the API with a key of their own; cookies and other credentials
 * of the browser never matter. Answers preflights, before anybody is asked for a key. Without origins nothing changes.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  if (origins.length === 0) return (_request, _response, next) => next();
  return cors({
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders,
    exposedHeaders,
    // Two hours are the most that Chromium remembers.
    maxAge: 7_200,
  });
}
