import { describe, expect, it } from '@jest/globals';
import { defaultMaxTokensField } from './chat-request.ts';

describe('defaultMaxTokensField', () => {
  it.each([
    ['https://api.openai.com/v1', 'max_completion_tokens'],
    ['https://eu.api.openai.com/v1', 'max_completion_tokens'],
    ['https://mine.openai.azure.com/openai/v1', 'max_completion_tokens'],
    ['https://api.mistral.ai/v1', 'max_tokens'],
    ['http://127.0.0.1:11434/v1', 'max_tokens'],
    ['https://notopenai.com/v1', 'max_tokens'],
    ['https://gateway.example/openai.com/v1', 'max_tokens'],
  ])('for %s is %s', (baseUrl, field) => {
    expect(defaultMaxTokensField(baseUrl)).toBe(field);
  });
});
