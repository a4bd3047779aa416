import { z } from 'zod';
import { ApiError } from './api-error.ts';

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
});
const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({ type: z.literal('json_schema'), json_schema: z.looseObject({ schema: z.unknown() }) }),
]);
const tokenLimit = z.int().min(1).nullish();

const chatRequestSchema = z
  .looseObject({
    model: z.string().min(1),
    messages: z.array(message).min(1),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    max_tokens: tokenLimit,
    max_completion_tokens: tokenLimit,
    stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
    n: z.literal(1, { error: 'the simulator gives one choice only' }).nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    seed: z.int().nullish(),
    response_format: responseFormat.nullish(),
  })
  .refine((body) => body.stream === true || body.stream_options == null, {
    path: ['stream_options'],
    error: 'only allowed when stream is true',
  })
  .refine((body) => body.max_tokens == null || body.max_completion_tokens == null, {
    path: ['max_tokens'],
    error: 'cannot be used together with max_completion_tokens',
  });

/** A chat completion request whose parts that the simulator honours are known to be sound. */
export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** Ends with a 400 {@link ApiError} that names the first field that is wrong. Fields it does not know are ignored. */
export function parseChatRequest(body: unknown): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = z.core.toDotPath(issue?.path ?? []);
  if (param === '') throw new ApiError(400, 'The request body has to be a JSON object.');
  throw new ApiError(400, `Invalid value for '${param}': ${issue?.message}.`, { param });
}

/** The text of all messages: what counts as the prompt's tokens. */
export function promptText(request: ChatRequest): string {
  return request.messages.map(textOf).join('\n');
}

/** The text of the last message of the user, or nothing. */
export function lastUserText(request: ChatRequest): string {
  const last = request.messages.findLast(({ role }) => role === 'user');
  return last === undefined ? '' : textOf(last);
}

function textOf({ content }: ChatRequest['messages'][number]): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('');
}
