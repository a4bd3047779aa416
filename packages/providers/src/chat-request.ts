import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { ModelCall, ResponseFormat } from './provider.ts';

/** The name under which a server takes the limit of generated tokens. */
export type MaxTokensField = 'max_completion_tokens' | 'max_tokens';

export interface ChatDialect {
  maxTokensField: MaxTokensField;
  /** Whether to ask for the usage of a stream; some servers refuse `stream_options`. */
  requestStreamUsage: boolean;
}

/**
 * Neither name works everywhere. OpenAI's reasoning models refuse `max_tokens` with 400, Mistral refuses
 * `max_completion_tokens` with 422, and Ollama and older local servers ignore it, which leaves the answer unlimited.
 * So OpenAI and Azure get the new name, and every other server the old one, which all of them have known from the start.
 */
export function defaultMaxTokensField(baseUrl: string): MaxTokensField {
  const { hostname } = new URL(baseUrl);
  return /(^|\.)(openai\.com|openai\.azure\.com)$/.test(hostname) ? 'max_completion_tokens' : 'max_tokens';
}

/** The request's body; parameters left out are not sent. */
export function toChatRequest(call: ModelCall, dialect: ChatDialect): ChatCompletionCreateParamsStreaming {
  const { temperature, topP, seed, stop, maxTokens, responseFormat } = call.parameters;
  return {
    model: call.model,
    messages: [{ role: 'user', content: call.prompt }],
    n: 1,
    stream: true,
    ...(dialect.requestStreamUsage && { stream_options: { include_usage: true } }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(seed !== undefined && { seed }),
    ...(stop !== undefined && { stop }),
    ...(maxTokens !== undefined && { [dialect.maxTokensField]: maxTokens }),
    ...(responseFormat !== undefined && { response_format: toResponseFormat(responseFormat) }),
  };
}

function toResponseFormat(format: ResponseFormat): ChatCompletionCreateParamsStreaming['response_format'] {
  if (format.type !== 'json_schema') return format;
  const { name, schema, description, strict } = format.jsonSchema;
  return {
    type: 'json_schema',
    json_schema: {
      name,
      schema,
      ...(description !== undefined && { description }),
      ...(strict !== undefined && { strict }),
    },
  };
}
