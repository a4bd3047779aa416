import type { ErrorCode, Scope } from '@formaops/core';
import type { Caller } from '@formaops/db';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import type { Tag } from '../openapi/tags.ts';
import { callerOf } from './authenticate.ts';
import type { BoundedBodies } from './bounded-bodies.ts';
import { methodNotAllowed } from './error-handler.ts';
import { refuseWrongIds } from './id-parameter.ts';
import { jsonBody, largeJsonBody, maxBodyBytes, optionalJsonBody } from './json-body.ts';
import { parseOrRefuse } from './parse.ts';
import { requireScope } from './require-scope.ts';
import { sendJson } from './send-json.ts';

/** One kind of answer that is no error. */
export interface AnswerSpec {
  description: string;
  /** Of a JSON body; none where it is left out. */
  schema?: z.ZodType;
  /** For bodies that are not JSON. */
  mediaType?: string;
  /** Names of the headers it has besides those of all answers, and what they say. */
  headers?: Record<string, string>;
  example?: unknown;
}

/** What is said about an operation: enough to route requests to it, to check them, and to describe it. */
export interface OperationSpec {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/executions/{id}`. Parameters are ids unless the handler reads them otherwise. */
  path: string;
  /** Unique; generated clients name their functions so. */
  operationId: string;
  tag: Tag;
  /** One line, without a full stop. */
  summary: string;
  description?: string;
  /** `read` for GET and `write` for the rest when left out. */
  scope?: Scope;
  /** Request headers that it looks at, and what they do. */
  headers?: Record<string, string>;
  /** By status. */
  answers: Record<number, AnswerSpec>;
  /** Errors that it can end with, besides those that follow from the rest. */
  errors?: readonly ErrorCode[];
  bodyExample?: unknown;
  /** Described in place of `body`, where the handler checks parts of it by itself. */
  bodyShown?: z.ZodType;
  /** Bytes of the body at most, where that is more than `maxBodyBytes`: the handler looks for hazards by itself. */
  maxBodyBytes?: number;
  /** No body is taken for `{}`. */
  bodyIsOptional?: true;
  /** Described by its handler alone: the body is read there, or not at all. */
  middleware?: readonly RequestHandler[];
}

/** An {@link OperationSpec} with the code that answers. */
export interface Operation extends OperationSpec {
  query?: z.ZodType;
  body?: z.ZodType;
  handler: RequestHandler;
}

/** A request that was parsed. */
export interface Call<Query, Body> {
  /** By the names in the path. */
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  caller: Caller;
  request: Request;
  response: Response;
}

/** What is sent back. */
export interface Answer {
  status: number;
  /** Becomes JSON; left out where there is no body. */
  body?: unknown;
  headers?: Record<string, string>;
}

/**
 * Joins the description of an operation with the code that answers.
 *
 * @param handle answers a request that was parsed; null when it has written the answer itself.
 */
export function operation<Query extends z.ZodType = z.ZodUndefined, Body extends z.ZodType = z.ZodUndefined>(
  spec: OperationSpec & { query?: Query; body?: Body },
  handle: (call: Call<z.output<Query>, z.output<Body>>) => Promise<Answer | null>,
): Operation {
  const { query, body } = spec;
  const handler: RequestHandler = async (request, response) => {
    const answer = await handle({
      params: request.params as Record<string, string>,
      query: (query && parseOrRefuse(query, request.query)) as z.output<Query>,
      body: (body && parseOrRefuse(body, request.body)) as z.output<Body>,
      caller: callerOf(response),
      request,
      response,
    });
    if (answer === null) return;
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
    if (answer.body === undefined) response.end();
    else sendJson(response, answer.body);
  };
  return { ...spec, handler };
}

/** @returns which scope a key needs for it. */
export function scopeOf({ scope, method }: OperationSpec): Scope {
  return scope ?? (method === 'get' ? 'read' : 'write');
}

/** Names of the parameters in a path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

/**
 * Routes requests to operations, each behind the scope that it needs; a known path with another method is
 * `METHOD_NOT_ALLOWED`.
 *
 * @param bounded what bodies go through before they are read.
 */
export function routeOperations(operations: readonly Operation[], bounded: BoundedBodies): Router {
  const router = Router();
  refuseWrongIds(router, new Set(operations.flatMap(({ path }) => pathParameters(path))));
  for (const [path, ofPath] of fixedFirst(operations)) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const one of ofPath) {
      const { method, middleware = [], handler } = one;
      route[method](requireScope(scopeOf(one)), ...middleware, ...bodyReaders(one, bounded), handler);
    }
    route.all(methodNotAllowed(...allowedMethods(ofPath)));
  }
  return router;
}

function bodyReaders(
  { body, bodyIsOptional, maxBodyBytes: own }: Operation,
  bounded: BoundedBodies,
): RequestHandler[] {
  if (!body) return [];
  if (own !== undefined) return [bounded(own), largeJsonBody(own)];
  return [bounded(maxBodyBytes), bodyIsOptional ? optionalJsonBody : jsonBody];
}

/** By path: `/executions/cancel` is no execution of that name. */
function fixedFirst(operations: readonly Operation[]): Array<[string, Operation[]]> {
  const byPath = [...Map.groupBy(operations, ({ path }) => path)];
  return byPath.toSorted(([a], [b]) => pathParameters(a).length - pathParameters(b).length);
}

function allowedMethods(operations: readonly Operation[]): string[] {
  return operations
    .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
    .sort();
}
