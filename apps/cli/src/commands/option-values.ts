import { InvalidArgumentError } from 'commander';

/** Lets an option be given several times. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** @throws InvalidArgumentError for what is no whole number above 0. */
export function toNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
