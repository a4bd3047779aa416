import { createHash } from 'node:crypto';
import { answerText, truncate } from './answer-text.ts';
import { type ChatRequest, lastUserText, promptText } from './chat-request.ts';
import type { Faults } from './faults.ts';
import { CHARACTERS_PER_TOKEN, countUsage, type Usage } from './tokens.ts';

/** What a request is answered with, before it is put into the form of a body or a stream. */
export interface Completion {
  id: string;
  /** Seconds since 1970, made from the request like the id: an answer knows no clock. */
  created: number;
  model: string;
  content: string;
  finishReason: 'stop' | 'length' | 'content_filter';
  usage: Usage;
}

type Said = Pick<Completion, 'content' | 'finishReason'>;

/** 2025-01-01T00:00:00Z; `created` lies within the year that follows. */
const EPOCH_SECONDS = 1_735_689_600;
const YEAR_SECONDS = 31_536_000;

/** A digest that is the same for the same parts, whatever the process or the time. */
export function digestOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Answers a request. `model` is the base model, `digest` stands for the whole request. */
export function complete(request: ChatRequest, model: string, faults: Faults, digest: string): Completion {
  const id = `chatcmpl-${digest.slice(0, 29)}`;
  const said = applyContentFaults(limit(request, firstWords(request, faults, id)), faults);
  return {
    id,
    created: EPOCH_SECONDS + (Number.parseInt(digest.slice(0, 8), 16) % YEAR_SECONDS),
    model,
    ...said,
    usage: countUsage(promptText(request), said.content),
  };
}

/** What `sign` puts the answer's id in the place of. */
const SIGN_HERE = 'ANSWER_ID';

function firstWords(request: ChatRequest, faults: Faults, id: string): string {
  const text = faults.echo ? lastUserText(request) : answerText(request);
  return faults.sign ? text.replaceAll(SIGN_HERE, id) : text;
}

function limit(request: ChatRequest, text: string): Said {
  const stops = [request.stop ?? []].flat().filter((stop) => stop !== '');
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at !== -1);
  const stopped = text.slice(0, Math.min(text.length, ...ends));

  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const content = truncate(stopped, maxTokens * CHARACTERS_PER_TOKEN);
  return { content, finishReason: content.length < stopped.length ? 'length' : 'stop' };
}

function applyContentFaults(said: Said, faults: Faults): Said {
  let { content, finishReason } = said;
  if (faults.huge !== undefined) content = 'x'.repeat(faults.huge);
  if (faults.nul) content += '\u0000\ud800';
  if (faults.filter) {
    content = truncate(content, Math.floor(content.length / 2));
    finishReason = 'content_filter';
  }
  return { content, finishReason };
}
