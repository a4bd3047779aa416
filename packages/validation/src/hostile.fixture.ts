import type { JsonValue, ValidationType } from '@formaops/core';

/** A config and an output that mean harm, and the verdicts that are right for them. */
export interface HostileCase {
  name: string;
  type: ValidationType;
  config: unknown;
  output: string;
  /** Codes; null for a pass. More than one where it depends on the machine what ends it first. */
  codes: ReadonlyArray<string | null>;
  /** What is to come out where it passes; what a hostile function managed to see. */
  value?: JsonValue;
}

/** What a pattern that tries everything takes ages for. */
export const manyAs = `${'a'.repeat(60)}!`;
