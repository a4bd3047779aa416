/** US dollars in units of 10⁻¹², exactly as the ledger stores them. */
export type PicoUsd = bigint;

const places = 12;

/** Of the rig's price: dollars per million tokens with six places are so many units per token. */
const perInputToken = 137_931n;
const perOutputToken = 3_333_333n;

export function costOf(inputTokens: number, outputTokens: number): PicoUsd {
  return BigInt(inputTokens) * perInputToken + BigInt(outputTokens) * perOutputToken;
}

/** Reads a decimal of at most twelve places. */
export function parseUsd(decimal: string): PicoUsd {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(places, '0'));
}

/** Rounds half up to six places, as `executions.cost_usd` does. */
export function roundToMicros(sum: PicoUsd): PicoUsd {
  const micro = 1_000_000n;
  return ((sum + micro / 2n) / micro) * micro;
}

export function toUsd(sum: PicoUsd): string {
  const digits = String(sum).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
