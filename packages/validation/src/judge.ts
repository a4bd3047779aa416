import {
  catalogue,
  type ErrorCode,
  type JsonValue,
  type ValidationStatus,
  type ValidationType,
} from '@formaops/core';

/** An active validation of the prompt whose output is judged. */
export interface Validation {
  id: string;
  name: string;
  type: ValidationType;
  /**
   * As stored; supplied by a tenant and hostile until shown otherwise. SCHEMA: the JSON Schema itself. REGEX:
   * `{ pattern, flags?, mustMatch? }`. FUNCTION: `{ source, timeoutMs?, memoryMb? }`.
   */
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
   * Null exactly when passed. FAILED: `OUTPUT_NOT_JSON`, `OUTPUT_SCHEMA_MISMATCH`, `OUTPUT_PATTERN_MISMATCH`,
   * `FUNCTION_REJECTED`, `FUNCTION_THREW`. ERRORED by the tenant's config: {@link ConfigCode}, `FUNCTION_BAD_RESULT`,
   * `FUNCTION_ASYNC_UNSUPPORTED`, `SANDBOX_TIMEOUT`, `SANDBOX_OUT_OF_MEMORY`, `SANDBOX_CRASHED`; by us:
   * `SANDBOX_UNAVAILABLE`.
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
  /**
   * Storable in `jsonb`. Undefined unless PASSED; then the value of the last FUNCTION that returned one, else what the
   * SCHEMA validations read from the output, if there are any. JSON's own null stays null.
   */
  validatedOutput: JsonValue | undefined;
  extraction: Extraction;
}

export interface JudgeRequest {
  /** Whose validations these are. Tenants take turns, and none shares an isolate with another. */
  tenantId: string;
  output: string;
  validations: readonly Validation[];
  /** For FUNCTION validations only. */
  inputs?: JsonValue;
  /** For FUNCTION validations only. */
  context?: JsonValue | undefined;
  /** Ends the judging; a validation that is running is killed. */
  signal?: AbortSignal;
}

/** Why a config can never work, whatever the output. */
export const configCodes = [
  'SCHEMA_INVALID',
  'SCHEMA_REMOTE_REF',
  'SCHEMA_TOO_COMPLEX',
  'SCHEMA_DRAFT_UNSUPPORTED',
  'REGEX_INVALID',
  'REGEX_TOO_LONG',
  'FUNCTION_INVALID',
] as const satisfies readonly ErrorCode[];

export type ConfigCode = (typeof configCodes)[number];

/** Something to say about a config. */
export interface ConfigRemark {
  /** JSON pointer (RFC 6901) into the config; empty for the whole of it. */
  pointer: string;
  /** At most 500 characters, storable, and safe to show to the config's author. */
  message: string;
}

/** What there is to say about a config before it is stored. */
export interface ConfigCheck {
  /** Null when the config can be stored. */
  code: ConfigCode | null;
  /** At most 50; empty exactly when `code` is null. */
  problems: ConfigRemark[];
  /** At most 50. What is allowed and probably not meant, such as an unknown keyword. */
  warnings: ConfigRemark[];
}

export interface CheckRequest {
  tenantId: string;
  type: ValidationType;
  config: unknown;
  signal?: AbortSignal;
}

/** Judges outputs. Whatever a validation or an output does ends in a verdict. */
export interface Judge {
  /** @throws `signal.reason` after an abort; FormaError `SHUTTING_DOWN` once closed. Nothing else. */
  judge(request: JudgeRequest): Promise<Judgement>;
  /**
   * Compiles a config without running it on anything.
   *
   * @throws as {@link judge}, and FormaError `SANDBOX_UNAVAILABLE`.
   */
  check(request: CheckRequest): Promise<ConfigCheck>;
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
