import type { TokenUsage } from './provider.ts';

/** English text and code average about four characters a token (OpenAI, "What are tokens and how to count them"). */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Reads the `usage` object of an answer. Numbers that cannot be true (negative, fractional, not numbers, a total below
 * its parts) make it null, as if it were missing: a wrong number would become a wrong cost. A total above its parts is
 * believed, and the difference is output: Gemini counts hidden reasoning only there, and bills it as output.
 */
export function readUsage(reported: unknown, model: string): TokenUsage | null {
  if (typeof reported !== 'object' || reported === null) return null;
  const {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens,
  } = reported as Record<string, unknown>;
  if (!isCount(input) || !isCount(output)) return null;
  const total = total_tokens ?? input + output;
  if (!isCount(total) || total < input + output) return null;
  return { input, output: total - input, total, model };
}

/** An estimate for calls whose provider did not say what they took; mark it as such. */
export function estimateUsage(prompt: string, output: string, model: string): TokenUsage {
  const tokens = (text: string) => Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  const [inputTokens, outputTokens] = [tokens(prompt), tokens(output)];
  return { input: inputTokens, output: outputTokens, total: inputTokens + outputTokens, model };
}

/** Beyond what any model takes, and within the ledger's integers. */
const MAX_TOKENS = 1_000_000_000;

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TOKENS;
}
