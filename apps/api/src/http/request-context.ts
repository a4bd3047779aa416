import { randomUUID } from 'node:crypto';
import type { Logger } from '@formaops/core';
import type { RequestHandler } from 'express';

const acceptable = /^[\w.-]{1,64}$/;

/** Gives every request an id — the caller's own when it is harmless — and logs one line when it is answered. */
export function requestContext(log: Logger): RequestHandler {
  return (request, response, next) => {
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
    const startedAt = performance.now();
    response.locals['requestId'] = requestId;
    response.setHeader('X-Request-Id', requestId);
    response.on('close', () => {
      const durationMs = Math.round(performance.now() - startedAt);
      const { method, route } = request;
      const path = typeof route?.path === 'string' ? route.path : 'unknown';
      log.debug({ requestId, method, path, status: response.statusCode, durationMs }, 'request answered');
    });
    next();
  };
}
