import { cleanText } from '@formaops/core';

const MAX_CHARACTERS = 500;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\bhttps?:\/\/\S+/gi, '[url]'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, '[email]'],
  [/\bBearer\s+\S+/gi, '[key]'],
  // Keys of OpenAI, Groq, xAI, Hugging Face and FormaOps, also half masked ("sk-ab***yz").
  [/\b(?:sk|pk|gsk|xai|hf|fo)[-_][\w*.-]{4,}/gi, '[key]'],
  [/\b(?:org|proj|user)-\w{6,}/g, '[id]'],
  // Whatever else is long and without a blank is a token of some kind, and says nothing to a reader.
  [/[\w+/=-]{32,}/g, '[token]'],
];

/**
 * Makes a provider's text fit to be stored and shown: keys, addresses and ids are replaced, control characters become
 * blanks, and at most 500 characters are kept.
 *
 * @param secrets texts that must not appear, whatever they look like.
 */
export function redactProviderText(text: string, secrets: readonly string[]): string {
  // Cut twice: before, so that a body of megabytes is not searched; after, for the promised length.
  let redacted = text.slice(0, 4 * MAX_CHARACTERS);
  for (const secret of secrets) if (secret !== '') redacted = redacted.replaceAll(secret, '[key]');
  for (const [pattern, replacement] of PATTERNS) redacted = redacted.replace(pattern, replacement);
  return cleanText(redacted.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_CHARACTERS)).text.trim();
}
