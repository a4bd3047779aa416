import type { JsonObject } from '@formaops/core';
import { expectDescribed } from '../openapi/described.fixture.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The JSON document; empty where the answer is none. */
  body: JsonObject;
}

export interface CallOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON; text and bytes are sent as they are. */
  body?: unknown;
}

/** Sends one request; fails when there is no answer within 20 seconds, or none that the OpenAPI document describes. */
export async function call(
  url: string,
  { method = 'GET', headers = {}, body }: CallOptions = {},
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : {},
  };
  await expectDescribed(url, method, answer);
  return answer;
}

/** What is said about a request that was refused as `INVALID_REQUEST`, as `code pointer`. */
export function problemsOf({ status, body }: Answer): string[] {
  if (status !== 422 || body['code'] !== 'INVALID_REQUEST')
    throw new Error(`answered ${status} ${body['code']}`);
  return (body['errors'] as JsonObject[]).map(({ code, pointer }) => `${code} ${pointer}`);
}
