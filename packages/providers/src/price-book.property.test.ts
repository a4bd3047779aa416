import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPriceBook } from './price-book.ts';

const now = new Date('2026-01-01T00:00:00Z');
const tokens = fc.nat({ max: Number.MAX_SAFE_INTEGER });
/** A price in millionths of a dollar, which is the smallest step an override can have. */
const micros = fc.bigInt({ min: 0n, max: 999_999_999_999_999n });

/** Writes `value`, counted in 10^-places, as a decimal without needless zeros. */
function toDecimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction && `.${fraction}`);
}

describe('the cost of a call', () => {
  it('is exactly tokens times price, and never negative, for every count and price', () => {
    fc.assert(
      fc.property(tokens, tokens, micros, micros, (input, output, inputMicros, outputMicros) => {
        const overrides = {
          m: { inputPerMillion: toDecimal(inputMicros, 6), outputPerMillion: toDecimal(outputMicros, 6) },
        };
        const book = createPriceBook({ baseUrl: 'http://127.0.0.1/v1', overrides });
        const cost = book.costOf({ input, output, total: input + output, model: 'm' }, 'm', now);

        expect(cost).toBe(toDecimal(BigInt(input) * inputMicros + BigInt(output) * outputMicros, 12));
        expect(cost).not.toMatch(/^-/);
      }),
    );
  });
});
