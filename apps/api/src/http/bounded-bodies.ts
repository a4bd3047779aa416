import { FormaError } from '@formaops/core';
import type { Request, RequestHandler } from 'express';
import { maxBodyBytes } from './json-body.ts';

/** Bytes of bodies at most that are being handled at the same time; parsed, they take a few times as much memory. */
const maxBytesUnderWay = 64 * maxBodyBytes;

/**
 * Keeps the memory that bodies take within bounds, however many arrive at once: what is beyond is told to come again,
 * before any of it is read. A body counts from its head until it is answered, with what its head says or the most that
 * may come. Ends with `OVERLOADED`.
 */
export function boundedBodies(maxBytes = maxBytesUnderWay): RequestHandler {
  let underWay = 0;
  return (request, response, next) => {
    const bytes = bytesOf(request);
    if (bytes > 0 && underWay + bytes > maxBytes) throw new FormaError('OVERLOADED');
    underWay += bytes;
    response.once('close', () => {
      underWay -= bytes;
    });
    next();
  };
}

function bytesOf({ headers }: Request): number {
  if (headers['transfer-encoding'] !== undefined) return maxBodyBytes;
  return Math.min(maxBodyBytes, Number(headers['content-length'] ?? 0) || 0);
}
