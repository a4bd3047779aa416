import { describe, expect, it } from '@jest/globals';
import { redactProviderText } from './redact.ts';

describe('redactProviderText', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-abc***xyz.', 'Incorrect API key provided: [key]'],
    ['Authorization: Bearer abc.def', 'Authorization: [key]'],
    ['limit in organization org-AbCdEf123456 on tokens', 'limit in organization [id] on tokens'],
    ['see https://platform.example.com/keys?x=1 now', 'see [url] now'],
    ['contact someone@example.com', 'contact [email]'],
    ['session eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9abc', 'session [token]'],
    ['a\u0000b\u001b[31mc\nd', 'a b [31mc d'],
    ["'max_tokens' is too large: 5000", "'max_tokens' is too large: 5000"],
  ])('turns %j into %j', (text, redacted) => {
    expect(redactProviderText(text, [])).toBe(redacted);
  });

  it('removes the given secrets, whatever they look like', () => {
    expect(redactProviderText('key hunter2, again hunter2', ['hunter2', ''])).toBe('key [key], again [key]');
  });

  it('keeps 500 characters, and no half of a character', () => {
    const redacted = redactProviderText(`${'a '.repeat(249)}a😀😀`, []);

    expect(redacted.length).toBeLessThanOrEqual(500);
    expect(redacted.isWellFormed()).toBe(true);
  });
});
