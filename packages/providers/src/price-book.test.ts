import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices';
import { createPriceBook, priceSource } from './price-book.ts';

const now = new Date('2026-01-01T12:00:00Z');
const local = createPriceBook({ baseUrl: 'http://127.0.0.1:8080/v1' });
const usage = (model: string, input = 1_000, output = 100) => ({
  input,
  output,
  total: input + output,
  model,
});

describe('createPriceBook', () => {
  it('gives the exact cost as a plain decimal', () => {
    // gpt-4o-mini: 0.15 and 0.60 US dollars for a million tokens.
    expect(local.costOf(usage('gpt-4o-mini', 12, 7), 'x', now)).toBe('0.000006');
    expect(local.costOf(usage('gpt-4o-mini', 1, 0), 'x', now)).toBe('0.00000015');
    expect(local.costOf(usage('gpt-4o-mini', 0, 0), 'x', now)).toBe('0');
  });

  it('finds a model by its dated name', () => {
    expect(local.costOf(usage('gpt-4o-mini-2024-07-18', 12, 7), 'x', now)).toBe('0.000006');
  });

  it('tries the model that answered before the one that was asked for', () => {
    expect(local.costOf(usage('gpt-4o-mini', 12, 7), 'gpt-4', now)).toBe('0.000006');
    expect(local.costOf(usage('my-alias', 12, 7), 'gpt-4o-mini', now)).toBe('0.000006');
  });

  it.each(['no-such-model', '', 'constructor', '__proto__'])('is null for the unknown model %j', (model) => {
    expect(local.costOf(usage(model), model, now)).toBeNull();
  });

  it('takes the prices of the server that is called, and no other’s', () => {
    const groq = createPriceBook({ baseUrl: 'https://api.groq.com/openai/v1' });

    expect(groq.costOf(usage('llama-3.1-8b-instant', 1_000_000, 0), 'x', now)).toBe('0.05');
    expect(groq.costOf(usage('gpt-4o-mini'), 'gpt-4o-mini', now)).toBeNull();
  });

  it('lets the size of the input choose the tier for all tokens', () => {
    // gemini-2.5-pro: 1.25 and 10 up to 200,000 input tokens, 2.50 and 15 above.
    expect(local.costOf(usage('gemini-2.5-pro', 200_000, 1_000), 'x', now)).toBe('0.26');
    expect(local.costOf(usage('gemini-2.5-pro', 200_001, 1_000), 'x', now)).toBe('0.5150025');
  });

  it('takes the price of the day', () => {
    // o3 became cheaper on 2025-06-10.
    expect(local.costOf(usage('o3', 1_000_000, 0), 'x', new Date('2025-06-01T00:00:00Z'))).toBe('10');
    expect(local.costOf(usage('o3', 1_000_000, 0), 'x', now)).toBe('2');
  });

  it('adds the price of a request where there is one', () => {
    const perplexity = createPriceBook({ baseUrl: 'https://api.perplexity.ai' });

    // sonar: 1 for a million tokens and 12 for a thousand requests.
    expect(perplexity.costOf(usage('sonar', 100, 100), 'x', now)).toBe('0.0122');
  });

  it('puts overrides before the data, for either name', () => {
    const overrides = { 'gpt-4o-mini': { inputPerMillion: '1', outputPerMillion: '0.000001' } };
    const book = createPriceBook({ baseUrl: 'http://127.0.0.1/v1', overrides });

    expect(book.costOf(usage('gpt-4o-mini', 1, 1), 'x', now)).toBe('0.000001000001');
    expect(book.costOf(usage('gpt-4', 1, 1), 'gpt-4o-mini', now)).toBe('0.000001000001');
  });

  it('has a price of zero for models that cost nothing', () => {
    const overrides = { 'my-llama': { inputPerMillion: '0', outputPerMillion: '0' } };

    expect(
      createPriceBook({ baseUrl: 'http://127.0.0.1/v1', overrides }).costOf(usage('my-llama'), 'x', now),
    ).toBe('0');
  });

  it.each(['', '-1', '1e3', 'NaN', '0,15', '0.0000001', ' 1'])('refuses the override %j', (price) => {
    const overrides = { m: { inputPerMillion: '1', outputPerMillion: price } };

    expect(() => createPriceBook({ baseUrl: 'http://127.0.0.1/v1', overrides })).toThrow(RangeError);
  });

  it('agrees, but for rounding, with the library on every model of the data', async () => {
    const providers = (await waitForUpdate()) ?? [];
    let compared = 0;
    for (const { id: providerId, models } of providers) {
      for (const { id } of models) {
        for (const input of [1_000, 300_000]) {
          const tokens = { input_tokens: input, output_tokens: 777 };
          const theirs = calcPrice(tokens, id, { timestamp: now });
          const ours = local.costOf(usage(id, input, 777), id, now);
          if (ours === null) continue;
          expect([providerId, id, Number(ours)]).toEqual([
            providerId,
            id,
            expect.closeTo(theirs?.total_price ?? -1, 9),
          ]);
          compared += 1;
        }
      }
    }

    expect(compared).toBeGreaterThan(500);
  });
});

describe('priceSource', () => {
  it('names the installed version of the data', () => {
    const entry = new URL(import.meta.resolve('@pydantic/genai-prices'));
    const { version } = JSON.parse(readFileSync(new URL('../package.json', entry), 'utf8'));

    expect(priceSource.version).toBe(version);
  });
});
