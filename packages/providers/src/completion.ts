import { cleanText, FormaError } from '@formaops/core';
import { APIError } from 'openai';
import { END_OF_STREAM } from './event-decoder.ts';
import type { FinishReason } from './provider.ts';

/** What has been received of an answer so far. */
export interface Completion {
  /** Pieces of the text, none of them empty. */
  parts: string[];
  /** How many events were read, the end mark aside. */
  eventCount: number;
  finishReason: string | null;
  /** The model said in the field of its own that it will not answer. */
  isRefused: boolean;
  /** The end mark was received. */
  isEnded: boolean;
  /** The latest `usage`, as it was sent. */
  reportedUsage: unknown;
  model: string | null;
  /** The `x-request-id` header. */
  requestId: string | null;
}

export function emptyCompletion(): Completion {
  return {
    parts: [],
    eventCount: 0,
    finishReason: null,
    isRefused: false,
    isEnded: false,
    reportedUsage: null,
    model: null,
    requestId: null,
  };
}

/** Finish reasons by which a server says that it failed in the middle (OpenRouter, vLLM). */
const BROKEN_OFF = new Set(['error', 'abort']);

type Fields = Record<string, unknown>;

/**
 * Adds one event, a chunk of a stream or a whole answer, checked by hand: a schema library would cost more than all
 * the rest of the call.
 *
 * @throws FormaError `PROVIDER_BAD_RESPONSE` when it has not the form of the chat completions API.
 * @throws APIError when the event is an error, as the client's own stream does.
 */
export function addEvent(completion: Completion, data: string): void {
  if (completion.isEnded) return;
  if (data === END_OF_STREAM) {
    completion.isEnded = true;
    return;
  }
  completion.eventCount += 1;
  const event = parseObject(data);
  if (event['error']) throw new APIError(undefined, event['error'], undefined, undefined);

  if (event['usage'] != null) completion.reportedUsage = event['usage'];
  const model = event['model'];
  if (typeof model === 'string' && model !== '') completion.model ??= cleanText(model.slice(0, 200)).text;
  const choices = event['choices'] ?? [];
  if (!Array.isArray(choices)) throw badResponse('`choices` is not a list');
  for (const choice of choices) addChoice(completion, choice);
}

function addChoice(completion: Completion, choice: unknown): void {
  if (!isObject(choice)) throw badResponse('a choice is not an object');
  // One answer is asked for; a server that sends several is read as if it had sent the first only.
  if ((choice['index'] ?? 0) !== 0) return;
  const delta = choice['delta'] ?? choice['message'] ?? {};
  if (!isObject(delta)) throw badResponse('the message is not an object');

  const content = optionalString(delta, 'content');
  if (content !== '') completion.parts.push(content);
  if (optionalString(delta, 'refusal') !== '') completion.isRefused = true;
  completion.finishReason = optionalString(choice, 'finish_reason') || completion.finishReason;
}

/** @returns why the received answer cannot be used, or null when it can. */
export function problemOf(completion: Completion): FormaError | null {
  const { finishReason, isEnded, isRefused, parts, eventCount } = completion;
  if (finishReason === null) {
    if (eventCount > 0 && !isEnded) return new FormaError('PROVIDER_TRUNCATED');
    return badResponse(eventCount === 0 ? 'it holds no event' : 'it gives no finish reason');
  }
  if (BROKEN_OFF.has(finishReason)) return new FormaError('PROVIDER_TRUNCATED');
  if (finishReason === 'content_filter') return new FormaError('CONTENT_FILTERED');
  if (parts.length > 0) return null;
  if (isRefused) return new FormaError('CONTENT_FILTERED', { message: 'The model refused to answer' });
  if (finishReason !== 'length') return badResponse('it has no text');
  // Asking again would be cut short, and billed, again: hidden reasoning counts against the limit.
  return new FormaError('PROVIDER_BAD_REQUEST', {
    message: 'The token limit was used up before the model wrote any text; raise `parameters.maxTokens`',
  });
}

/** @returns our name for the reason; servers have more of them than OpenAI documents. */
export function finishReasonOf(completion: Completion): FinishReason {
  const { finishReason } = completion;
  return finishReason === 'stop' || finishReason === 'length' ? finishReason : 'other';
}

/** @returns the text received so far, fit for the database. */
export function textOf(completion: Completion): { text: string; changed: boolean } {
  return cleanText(completion.parts.join(''));
}

/** @param problem what is wrong, in words of ours only. */
export function badResponse(problem: string): FormaError {
  return new FormaError('PROVIDER_BAD_RESPONSE', { details: { problem } });
}

function parseObject(data: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    // The parser's message quotes the answer, so it is not kept.
    throw badResponse('it is not JSON');
  }
  if (!isObject(value)) throw badResponse('it is not a JSON object');
  return value;
}

function optionalString(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw badResponse(`\`${name}\` is not a string`);
  return value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
