import { ApiError } from './api-error.ts';
import { type ChatRequest, lastUserText, promptText } from './chat-request.ts';
import { asksForCodeReview, reviewCode } from './code-review.ts';
import { generateJson } from './json-schema/generate-json.ts';
import { SchemaError } from './json-schema/schema.ts';

/** How much of the prompt a plain answer repeats, in characters. */
const QUOTE_LENGTH = 80;

/**
 * What the model says: JSON that conforms to the requested schema, else a code review when the prompt asks for one,
 * else a JSON object or plain text. Ends with a 400 {@link ApiError} when the schema cannot be served.
 */
export function answerText(request: ChatRequest): string {
  const format = request.response_format;
  if (format?.type === 'json_schema') return schemaAnswer(format.json_schema.schema);

  const prompt = promptText(request);
  if (asksForCodeReview(prompt)) return JSON.stringify(reviewCode(prompt));
  const text = plainAnswer(request);
  return format?.type === 'json_object' ? JSON.stringify({ answer: text }) : text;
}

function schemaAnswer(schema: unknown): string {
  try {
    return JSON.stringify(generateJson(schema));
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new ApiError(400, `Invalid schema for response_format: ${error.message}.`, {
      param: 'response_format',
    });
  }
}

function plainAnswer(request: ChatRequest): string {
  const question = lastUserText(request).replace(/\s+/g, ' ').trim();
  const quote = truncate(question, QUOTE_LENGTH);
  return (
    `This answer was made by the FormaOps model simulator, not by a language model. ` +
    `It was asked "${quote}" in a prompt of ${promptText(request).length} characters. ` +
    `The same request is always answered with the same words.`
  );
}

/** The first `length` code units at most, without half a surrogate pair at the end. */
export function truncate(text: string, length: number): string {
  const end = text.length > length && /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length;
  return text.slice(0, end);
}
