import type { ErrorCode } from '../errors/catalogue.ts';
import type { ExecutionStatus, Priority, ValidationStatus } from './status.ts';

/** Any value that JSON can hold. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** What the model used, in the provider's tokens. */
export interface TokenUsage {
  input: number;
  output: number;
  total: number;
  /** The model as the provider names it. */
  model: string;
}

/** How the answer should look; the fields OpenAI's API calls `response_format`. */
export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | { type: 'json_schema'; jsonSchema: { name: string; schema: JsonObject; strict?: boolean } };

/** Parameters of the model call; pinned when the execution is submitted. */
export interface ModelParameters {
  /** 0 to 2. */
  temperature?: number;
  /** At least 1. */
  maxTokens?: number;
  /** Above 0, at most 1. */
  topP?: number;
  seed?: number;
  /** At most four. */
  stop?: string[];
  responseFormat?: ResponseFormat;
}

/** Why an execution failed; safe to show. */
export interface ExecutionError {
  code: ErrorCode;
  message: string;
}

/** An execution as its owner sees it. */
export interface Execution {
  id: string;
  userId: string;
  promptId: string;
  promptVersion: number;
  status: ExecutionStatus;
  priority: Priority;
  model: string;
  parameters: ModelParameters;
  inputs: JsonObject;
  context: JsonValue | null;
  output: string | null;
  validatedOutput: JsonValue | null;
  validationStatus: ValidationStatus;
  tokenUsage: TokenUsage | null;
  /** The settling attempt's time in milliseconds, at least 1. */
  latencyMs: number | null;
  /** US dollars as a decimal with six places. */
  costUsd: string | null;
  /** Whether every attempt's cost is known exactly. */
  costIsComplete: boolean;
  error: ExecutionError | null;
  edgeFunctionId: string | null;
  attempt: number;
  maxAttempts: number;
  /** Limit of one attempt in milliseconds. */
  timeoutMs: number;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  deadlineAt: Date;
  /** It does not start before; null: at once. */
  runAt: Date | null;
  nextAttemptAt: Date | null;
  cancelRequestedAt: Date | null;
  /** The execution that this one repeats. */
  rerunOf: string | null;
  /** When what was given to it and what came out of it was removed. */
  redactedAt: Date | null;
}

/** An execution without what it was given and what came out: those can be megabytes. */
export type ExecutionSummary = Omit<Execution, 'inputs' | 'context' | 'output' | 'validatedOutput'>;
