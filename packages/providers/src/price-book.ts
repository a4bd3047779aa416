import { calcPrice, findProvider, type TieredPrices } from '@pydantic/genai-prices';
import { Decimal } from 'decimal.js';
import type { TokenUsage } from './provider.ts';

/** Where prices come from; `publishedOn` is the day of the package's release on npm. */
export const priceSource = {
  package: '@pydantic/genai-prices',
  version: '0.1.8',
  publishedOn: '2026-09-23',
} as const;

/** What a model costs, US dollars for a million tokens, as decimals such as `0.15` (at most six places). */
export interface PriceOverride {
  inputPerMillion: string;
  outputPerMillion: string;
}

export interface PriceBookOptions {
  /** The server that is called: its own prices are used when the data knows it, else the model's name decides. */
  baseUrl: string;
  /** By model name, exactly; these come before the data. For self-hosted models, `0` is a price. */
  overrides?: Readonly<Record<string, PriceOverride>> | undefined;
}

export interface PriceBook {
  /**
   * What a call costs, in US dollars as a plain decimal with at most 12 places, or null when the price is unknown.
   * The model that answered is looked up first, then the requested one. Cached input counts as full input: a
   * provider that gives a discount for it bills less.
   *
   * @param at when the call was made: prices change, and some depend on the time of day.
   */
  costOf(usage: TokenUsage, requestedModel: string, at: Date): string | null;
}

/** Digits that any product of a token count and a price fits into; the default of 20 would round. */
const Money = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP });
const MILLION = 1_000_000;
const COST_PLACES = 12;
const OVERRIDE = /^\d{1,9}(\.\d{1,6})?$/;
const noTokens = { input_tokens: 0, output_tokens: 0 };
const MAX_REMEMBERED = 1_000;

type Rate = string | number | TieredPrices;
/** By the data's names: `input_mtok` is a million input tokens, `requests_kcount` a thousand requests. */
type Price = Record<string, Rate | undefined>;

/**
 * Prices by the bundled data of @pydantic/genai-prices: nothing is downloaded, now or later. The library finds the
 * price; the cost is computed here, because the library computes in floating point.
 *
 * @throws RangeError for an override that is not a decimal of at most six places.
 */
export function createPriceBook({ baseUrl, overrides = {} }: PriceBookOptions): PriceBook {
  const ownPrices = new Map(
    Object.entries(overrides).map(([model, price]) => [model, toPrice(model, price)]),
  );
  const findPrice = createPriceFinder(baseUrl);

  return {
    costOf(usage, requestedModel, at) {
      const price =
        ownPrices.get(usage.model) ??
        ownPrices.get(requestedModel) ??
        findPrice(usage.model, at) ??
        findPrice(requestedModel, at);
      return price ? costAt(price, usage) : null;
    },
  };
}

function toPrice(model: string, { inputPerMillion, outputPerMillion }: PriceOverride): Price {
  for (const price of [inputPerMillion, outputPerMillion]) {
    if (!OVERRIDE.test(price))
      throw new RangeError(`price of ${model} is not a decimal of at most six places`);
  }
  return { input_mtok: inputPerMillion, output_mtok: outputPerMillion };
}

function createPriceFinder(baseUrl: string): (model: string, at: Date) => Price | null {
  const providerId = findProvider({ providerApiUrl: baseUrl })?.id;
  const remembered = new Map<string, Price | null>();

  return function findPrice(model, timestamp) {
    const known = remembered.get(model);
    if (known !== undefined) return known;
    // Asked for no tokens, it only finds the price; it takes 80 µs, so prices that do not change are remembered.
    const found = calcPrice(noTokens, model, { timestamp, ...(providerId !== undefined && { providerId }) });
    const price = found?.model_price ?? null;
    const isFixed = !Array.isArray(found?.model.prices);
    if (isFixed && remembered.size < MAX_REMEMBERED) remembered.set(model, price);
    return price;
  };
}

function costAt(price: Price, { input, output }: TokenUsage): string | null {
  const inputRate = rateFor(price['input_mtok'], input);
  const outputRate = rateFor(price['output_mtok'], input);
  if (inputRate === null || outputRate === null) return null;
  const perRequest = rateFor(price['requests_kcount'], input) ?? new Money(0);
  return inputRate
    .times(input)
    .plus(outputRate.times(output))
    .dividedBy(MILLION)
    .plus(perRequest.dividedBy(1_000))
    .toDecimalPlaces(COST_PLACES)
    .toFixed();
}

/** The size of the input chooses the tier, and the tier's price then holds for every token, output included. */
function rateFor(rate: Rate | undefined, inputTokens: number): Decimal | null {
  if (rate === undefined) return null;
  if (typeof rate !== 'object') return new Money(rate);
  const reached = rate.tiers.filter(({ start }) => inputTokens > start).sort((a, b) => a.start - b.start);
  return new Money(reached.at(-1)?.price ?? rate.base);
}
