/** Token counts as the API reports them. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** How many characters (UTF-16 code units) the simulator counts as one token. */
export const CHARACTERS_PER_TOKEN = 4;

/**
 * Estimates tokens: one for every four characters begun, at least 1. Real tokenizers differ; what matters here is
 * that prompt and completion are counted alike and that the number can be worked out by hand.
 */
export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / CHARACTERS_PER_TOKEN));
}

/** Counts a prompt and its completion. */
export function countUsage(prompt: string, completion: string): Usage {
  const promptTokens = countTokens(prompt);
  const completionTokens = countTokens(completion);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
