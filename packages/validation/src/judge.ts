import {
  catalogue,
  type ErrorCode,
  type JsonValue,
  type ValidationStatus,
  type ValidationType,
} from '@formaops/core';

/** The kinds of validation that can run here. A prompt with an active one of another kind should be refused early. */
export const availableTypes = ['SCHEMA'] as const satisfies readonly ValidationType[];

export type AvailableType = (typeof availableTypes)[number];

/** An active validation of the prompt whose output is judged. */
export interface Validation {
  id: string;
  name: string;
  type: ValidationType;
  /** As stored; supplied by a tenant and hostile until shown otherwise. SCHEMA: the JSON Schema itself. */
  config: unknown;
}

/** One reason for a verdict. Every text is storable in PostgreSQL and at most 500 characters long. */
export interface VerdictError {
  /** JSON pointer into the output; empty for the whole output, and when the validation itself is at fault. */
  instancePath: string;
  /** Where in the validation's config, as a URI fragment such as `#/properties/name/type`. */
  schemaPath: string;
  /** The keyword that was not met; empty when no single one was. */
  keyword: string;
  message: string;
}

/** PASSED or FAILED: the output was judged. ERRORED: the validation could not be run to its end. */
export type VerdictOutcome = 'PASSED' | 'FAILED' | 'ERRORED';

/** What one validation says about one output. */
export interface Verdict {
  validationId: string;
  validationName: string;
  type: ValidationType;
  outcome: VerdictOutcome;
  /**
   * Null exactly when passed. FAILED: `OUTPUT_NOT_JSON`, `OUTPUT_SCHEMA_MISMATCH`. ERRORED by the tenant's config:
   * `SCHEMA_INVALID`, `SANDBOX_TIMEOUT`, `SANDBOX_OUT_OF_MEMORY`, `SANDBOX_CRASHED`, `VALIDATION_TYPE_UNAVAILABLE`;
   * by us: `SANDBOX_UNAVAILABLE`.
   */
  code: ErrorCode | null;
  /** At most 50. */
  errors: VerdictError[];
  /** SHA-256 of the config that judged, in hexadecimal; the order of object keys does not change it. */
  configHash: string;
  /** Time the validation ran, in milliseconds, 0 when it did not; waiting for a sandbox is not part of it. */
  durationMs: number;
}

export const extractions = ['whole', 'fenced', 'embedded', 'none'] as const;

/** How JSON was found in an output; `none` also when nobody looked, or the one who looked was stopped. */
export type Extraction = (typeof extractions)[number];

/** The value read from an output, and how it was found there. */
export interface FoundJson {
  value: JsonValue;
  extraction: Exclude<Extraction, 'none'>;
}

/** SKIPPED when there was nothing to judge by; a failed or errored verdict makes it FAILED. */
export type JudgementStatus = Exclude<ValidationStatus, 'PENDING'>;

/** What all validations of a prompt say about one output. */
export interface Judgement {
  status: JudgementStatus;
  /** In the order of the validations. */
  verdicts: Verdict[];
  /** Storable in `jsonb`; undefined unless PASSED with a SCHEMA among the validations. JSON's own null stays null. */
  validatedOutput: JsonValue | undefined;
  extraction: Extraction;
}

export interface JudgeRequest {
  output: string;
  validations: readonly Validation[];
  /** For FUNCTION validations only. */
  inputs?: unknown;
  /** For FUNCTION validations only. */
  context?: unknown;
  /** Ends the judging; a validation that is running is killed. */
  signal?: AbortSignal;
}

/** Judges outputs. Whatever a validation or an output does ends in a verdict. */
export interface Judge {
  /** @throws `signal.reason` after an abort; FormaError `SHUTTING_DOWN` once closed. Nothing else. */
  judge(request: JudgeRequest): Promise<Judgement>;
  /** Ends every judgement that is under way and releases what the judge holds; may be called twice. */
  close(): Promise<void>;
}

/**
 * Joins the verdicts of all validations of a prompt into one judgement.
 *
 * @param value what the SCHEMA validations read from the output; undefined when none did.
 */
export function conclude(
  verdicts: Verdict[],
  value: JsonValue | undefined,
  extraction: Extraction,
): Judgement {
  const status = statusOf(verdicts);
  return { status, verdicts, validatedOutput: status === 'PASSED' ? value : undefined, extraction };
}

function statusOf(verdicts: readonly Verdict[]): JudgementStatus {
  if (verdicts.length === 0) return 'SKIPPED';
  return hasPassed(verdicts) ? 'PASSED' : 'FAILED';
}

/** @returns whether every verdict is a pass; true for none. */
export function hasPassed(verdicts: readonly Verdict[]): boolean {
  return verdicts.every((verdict) => verdict.outcome === 'PASSED');
}

/** FAILED when the catalogue finds the fault in the output, ERRORED when elsewhere. */
export function outcomeOf(code: ErrorCode | null): VerdictOutcome {
  if (code === null) return 'PASSED';
  return catalogue[code].fault === 'output' ? 'FAILED' : 'ERRORED';
}
