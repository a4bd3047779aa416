import type { components, operations } from './generated/openapi.ts';

/** The shapes that the API speaks of, by name: `Schemas['Execution']`. */
export type Schemas = components['schemas'];

export type OperationId = keyof operations;

/** What is sent. */
export type Body<Id extends OperationId> =
  NonNullable<operations[Id]['requestBody']> extends {
    content: { 'application/json': infer Sent };
  }
    ? Sent
    : undefined;

/** The parameters after the question mark. */
export type Query<Id extends OperationId> = NonNullable<operations[Id]['parameters']['query']>;

/** The parameters in the path. */
export type Path<Id extends OperationId> = NonNullable<operations[Id]['parameters']['path']>;

/** What comes back. */
export type Result<Id extends OperationId> = {
  [Status in keyof operations[Id]['responses']]: Status extends 200 | 201 | 202 | 204
    ? JsonOf<operations[Id]['responses'][Status]>
    : never;
}[keyof operations[Id]['responses']];

type JsonOf<Answer> = Answer extends { content: { 'application/json': infer Json } } ? Json : undefined;

/** An entry of a list. */
export type Entry<Id extends OperationId> = Result<Id> extends { data: Array<infer One> } ? One : never;

/** Holds for one call. */
export interface CallOptions {
  /** Ends the call, which throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long one attempt may take, in milliseconds; what is asked to wait may take as much longer. */
  timeoutMs?: number | undefined;
  /** Attempts after the first one, at most. */
  maxRetries?: number | undefined;
  /** Says that the call does no harm when it is made twice; known of reads and of what carries a key. */
  mayRepeat?: boolean | undefined;
  /** Where it is taken, a key of your own makes later calls with the same key the same call. */
  idempotencyKey?: string | undefined;
  /** Such as `If-Match`. */
  headers?: Record<string, string> | undefined;
  /** Is shown the answer before its body is read: for its status and headers, such as `ETag`. */
  onAnswer?: ((answer: Pick<Response, 'status' | 'headers'>) => void) | undefined;
}

/** A call with everything that belongs to it. */
export interface Request<Id extends OperationId> extends CallOptions {
  path?: Path<Id> | undefined;
  query?: Query<Id> | undefined;
  body?: Body<Id> | undefined;
}
