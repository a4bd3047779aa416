import type { ReadConfig } from '../kind.ts';
import { findProblems } from '../read-members.ts';

const maxSourceBytes = 65_536;
const maxTimeoutMs = 1_000;
const defaultTimeoutMs = 200;
const minMemoryMb = 8;
const maxMemoryMb = 128;
const defaultMemoryMb = 32;

/** A function that judges, and what it may use. */
export interface FunctionConfig {
  /** A JavaScript function expression of `(output, { parsed, inputs, context })`. */
  source: string;
  /** From its call to its return, 1 to 1,000 ms. */
  timeoutMs: number;
  /** Limit of its isolate's heap, 8 to 128 MB. */
  memoryMb: number;
}

const rules = {
  source: (value: unknown) => {
    const isSource =
      typeof value === 'string' && value.trim() !== '' && Buffer.byteLength(value) <= maxSourceBytes;
    return isSource ? undefined : `a function of at most ${maxSourceBytes} bytes, as a string`;
  },
  timeoutMs: (value: unknown) => wholeNumber(value, 1, maxTimeoutMs),
  memoryMb: (value: unknown) => wholeNumber(value, minMemoryMb, maxMemoryMb),
};

/** Checks the shape and fills in the limits; whether the source is a function is found out in the sandbox. */
export function readFunctionConfig(config: unknown): ReadConfig<FunctionConfig> {
  const problems = findProblems(config, rules);
  if (problems.length > 0) return { code: 'FUNCTION_INVALID', problems };
  // The rules have just said so.
  const { source, ...limits } = config as Pick<FunctionConfig, 'source'> & Partial<FunctionConfig>;
  return { config: { source, timeoutMs: defaultTimeoutMs, memoryMb: defaultMemoryMb, ...limits } };
}

function wholeNumber(value: unknown, from: number, to: number): string | undefined {
  if (value === undefined) return undefined;
  const isInRange = Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
  return isInRange ? undefined : `a whole number from ${from} to ${to}`;
}
