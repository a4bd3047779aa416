import { FormaError } from '@formaops/core';
import type { Request, RequestHandler } from 'express';
import { callerOf } from './authenticate.ts';
import { maxBodyBytes } from './json-body.ts';

/** Bytes of bodies at most that are being handled at the same time; parsed, they take a few times as much memory. */
const maxBytesUnderWay = 64 * maxBodyBytes;

/** Of one user's bodies: who announces them and does not send them shuts out nobody else. Has room for the largest. */
const maxBytesEach = maxBytesUnderWay / 4;

export interface BodyBounds {
  /** Bytes of all bodies. */
  maxBytes?: number;
  maxBytesOfUser?: number;
}

/** Lets a body through where there is room for it. @param limit bytes of such a body at most. */
export type BoundedBodies = (limit: number) => RequestHandler;

/**
 * Keeps the memory that bodies take within bounds, however many arrive at once: what is beyond is told to come again,
 * before any of it is read. A body counts from its head until it is answered, with what its head says or the most that
 * may come. For routes behind `authenticate` that read bodies: what nobody reads takes no memory. Ends with `OVERLOADED`.
 */
export function boundedBodies({
  maxBytes = maxBytesUnderWay,
  maxBytesOfUser = maxBytesEach,
}: BodyBounds = {}): BoundedBodies {
  let underWay = 0;
  const byUser = new Map<string, number>();

  const add = (userId: string, bytes: number) => {
    underWay += bytes;
    const own = (byUser.get(userId) ?? 0) + bytes;
    if (own > 0) byUser.set(userId, own);
    else byUser.delete(userId);
  };
  return (limit) => (request, response, next) => {
    const bytes = bytesOf(request, limit);
    if (bytes === 0) return next();
    // The client left while its key was looked up: nothing would say when its body is over.
    if (response.closed) return;
    const { userId } = callerOf(response);
    const isTooMuch = (byUser.get(userId) ?? 0) + bytes > maxBytesOfUser;
    if (isTooMuch || underWay + bytes > maxBytes) throw new FormaError('OVERLOADED');
    add(userId, bytes);
    response.once('close', () => add(userId, -bytes));
    next();
  };
}

function bytesOf({ headers }: Request, limit: number): number {
  if (headers['transfer-encoding'] !== undefined) return limit;
  return Math.min(limit, Number(headers['content-length'] ?? 0) || 0);
}
