import type { ErrorCode, JsonValue, Logger, ValidationType } from '@formaops/core';
import { hashConfig } from './hash-config.ts';
import {
  type AvailableType,
  availableTypes,
  conclude,
  type Extraction,
  hasPassed,
  type Judge,
  type Judgement,
  type JudgeRequest,
  outcomeOf,
  type Validation,
  type Verdict,
  type VerdictError,
} from './judge.ts';
import { type ChildPool, createChildPool } from './sandbox/child-pool.ts';
import type { RunRequest } from './sandbox/protocol.ts';
import type { StopCause } from './sandbox/run-in-child.ts';
import { checkConfig } from './schema/check-config.ts';

export interface SandboxOptions {
  /** How many validations run at once, each in a process of its own of about 100 MB. */
  children: number;
  /** For each validation, 1,000 by default. Waiting for a free child is not part of it. */
  timeoutMs?: number;
  /** For all validations of one output together, 10,000 by default; the rest end with `SANDBOX_TIMEOUT`. */
  totalTimeoutMs?: number;
  /** Limit of a child's heap, 128 by default; the whole process may occupy 256 MB more. */
  memoryMb?: number;
  /** A child is replaced after so many validations, 20,000 by default. */
  maxRunsPerChild?: number;
  /** How many validations may wait for a free child, 1,000 by default; further ones end with `SANDBOX_UNAVAILABLE`. */
  maxWaiting?: number;
  log: Logger;
}

export interface SandboxedJudge extends Judge {
  /** Starts the children that otherwise start when needed. @throws FormaError `SANDBOX_UNAVAILABLE`. */
  ready(): Promise<void>;
}

const defaults = {
  timeoutMs: 1_000,
  totalTimeoutMs: 10_000,
  memoryMb: 128,
  maxRunsPerChild: 20_000,
  maxWaiting: 1_000,
};

const stopCodes: Record<StopCause, ErrorCode> = {
  'not-started': 'SANDBOX_UNAVAILABLE',
  'timed-out': 'SANDBOX_TIMEOUT',
  'out-of-memory': 'SANDBOX_OUT_OF_MEMORY',
  crashed: 'SANDBOX_CRASHED',
  killed: 'SANDBOX_CRASHED',
};

/** What a verdict says, and what was read on the way to it. */
interface Finding extends Pick<Verdict, 'code' | 'errors' | 'durationMs'> {
  extraction: Extraction;
  value?: JsonValue;
}

/**
 * A judge that compiles and runs validations in child processes only. These have no environment and can write no
 * file, are killed when they exceed time or memory, are replaced then, and end when this process does.
 */
export function createSandboxedJudge(options: SandboxOptions): SandboxedJudge {
  const { timeoutMs, totalTimeoutMs, ...poolOptions } = { ...defaults, ...options };
  const pool = createChildPool({ ...poolOptions, entry: new URL('./sandbox/child.ts', import.meta.url) });

  async function judge({ output, validations, signal }: JudgeRequest): Promise<Judgement> {
    signal?.throwIfAborted();
    const verdicts: Verdict[] = [];
    let extraction: Extraction = 'none';
    let value: JsonValue | undefined;
    let leftMs = totalTimeoutMs;
    for (const validation of validations) {
      const configHash = hashConfig(validation.config);
      const wantsValue = value === undefined && hasPassed(verdicts);
      const limits = { timeoutMs: Math.min(timeoutMs, leftMs), signal };
      const finding = await examine(pool, validation, { configHash, output, wantsValue }, limits);
      verdicts.push(toVerdict(validation, configHash, finding));
      leftMs -= finding.durationMs;
      if (extraction === 'none') extraction = finding.extraction;
      if (finding.value !== undefined) value = finding.value;
    }
    return conclude(verdicts, value, extraction);
  }

  return { judge, ready: pool.ready, close: pool.close };
}

async function examine(
  pool: ChildPool,
  { type, config }: Validation,
  request: Pick<RunRequest, 'configHash' | 'output' | 'wantsValue'>,
  limits: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<Finding> {
  if (!isAvailable(type)) return notRun('VALIDATION_TYPE_UNAVAILABLE');
  const checked = checkConfig(config);
  if (checked.errors !== undefined) return notRun('SCHEMA_INVALID', checked.errors);
  if (limits.timeoutMs <= 0) return notRun('SANDBOX_TIMEOUT');
  const end = await pool.run({ ...request, type, config: checked.schema }, limits);
  if (end.reply === undefined) return { ...notRun(stopCodes[end.cause]), durationMs: end.durationMs };
  return { ...end.reply, durationMs: end.durationMs };
}

function isAvailable(type: ValidationType): type is AvailableType {
  return availableTypes.some((available) => available === type);
}

function notRun(code: ErrorCode, errors: VerdictError[] = []): Finding {
  return { code, errors, extraction: 'none', durationMs: 0 };
}

function toVerdict(validation: Validation, configHash: string, finding: Finding): Verdict {
  const { id: validationId, name: validationName, type } = validation;
  const { code, errors, durationMs } = finding;
  return {
    validationId,
    validationName,
    type,
    outcome: outcomeOf(code),
    code,
    errors,
    configHash,
    durationMs,
  };
}
