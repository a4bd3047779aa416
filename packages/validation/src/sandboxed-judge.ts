import {
  assertNever,
  type ErrorCode,
  FormaError,
  type JsonValue,
  type Logger,
  type ValidationType,
} from '@formaops/core';
import { type FunctionConfig, readFunctionConfig } from './function/read-function-config.ts';
import { hashConfig } from './hash-config.ts';
import {
  type CheckRequest,
  type ConfigCheck,
  type ConfigCode,
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
import type { ReadConfig } from './kind.ts';
import { type RegexConfig, readRegexConfig } from './regex/read-regex-config.ts';
import { type ChildPool, createChildPool, type NoTurn, type PoolLimits } from './sandbox/child-pool.ts';
import type { CheckReply, JudgeReply, JudgeRun, Reply } from './sandbox/protocol.ts';
import type { RunEnd, StopCause } from './sandbox/run-in-child.ts';
import type { NoSlot } from './sandbox/slots.ts';
import type { JsonSchema } from './schema/dialects.ts';
import { readSchemaConfig } from './schema/read-schema-config.ts';
import { configErrors, wholeError } from './verdict-errors.ts';

export interface SandboxOptions {
  /**
   * How many validations run at once, each in a process of its own of about 100 MB. With two or more, tenants whose
   * validations take long share one half of them.
   */
  children: number;
  /** For each validation, 1,000 by default. Waiting for a free child is not part of it. */
  timeoutMs?: number;
  /** For all validations of one output together, 10,000 by default; the rest end with `SANDBOX_TIMEOUT`. */
  totalTimeoutMs?: number;
  /**
   * For a turn, for all validations of one output together, 10,000 by default. Then `SANDBOX_UNAVAILABLE`, or
   * `SANDBOX_TIMEOUT` when it is the tenant's own validations that take long.
   */
  maxWaitMs?: number;
  /** Limit of a child's heap, 128 by default; the whole process may occupy 256 MB more. */
  memoryMb?: number;
  /** A child is replaced after so many validations, 20,000 by default. */
  maxRunsPerChild?: number;
  /** How many validations may wait for a free child; further ones end with `SANDBOX_UNAVAILABLE`. No limit by default. */
  maxWaiting?: number;
  /** As `maxWaiting`, of one tenant. */
  maxWaitingPerTenant?: number;
  log: Logger;
}

export interface SandboxedJudge extends Judge {
  /** Starts the children that otherwise start when needed. @throws FormaError `SANDBOX_UNAVAILABLE`. */
  ready(): Promise<void>;
}

const defaults = {
  timeoutMs: 1_000,
  totalTimeoutMs: 10_000,
  maxWaitMs: 10_000,
  memoryMb: 128,
  maxRunsPerChild: 20_000,
  maxWaiting: Number.POSITIVE_INFINITY,
  maxWaitingPerTenant: Number.POSITIVE_INFINITY,
};

/** What a child gets on top of a function's own limit, which it keeps itself wherever that is possible. */
const functionGraceMs = 250;

const stopCodes = {
  'not-started': 'SANDBOX_UNAVAILABLE',
  'timed-out': 'SANDBOX_TIMEOUT',
  'out-of-memory': 'SANDBOX_OUT_OF_MEMORY',
  crashed: 'SANDBOX_CRASHED',
  // Twice, and not by us: the operator or the kernel.
  killed: 'SANDBOX_UNAVAILABLE',
} as const satisfies Record<StopCause, ErrorCode>;

const noSlotCodes = {
  full: 'SANDBOX_UNAVAILABLE',
  late: 'SANDBOX_UNAVAILABLE',
  slow: 'SANDBOX_TIMEOUT',
} as const satisfies Record<NoSlot, ErrorCode>;

type StopCode = (typeof stopCodes)[StopCause] | (typeof noSlotCodes)[NoSlot];

/** What a verdict says, and what was read on the way to it. */
interface Finding extends Pick<Verdict, 'code' | 'errors' | 'durationMs'> {
  extraction: Extraction;
  value?: JsonValue;
}

/**
 * A judge that compiles and runs validations in child processes only. These have no environment and no network where
 * the system can take it away, can write no file, are killed when they exceed time or memory, are replaced then, and
 * end when this process does.
 */
export function createSandboxedJudge(options: SandboxOptions): SandboxedJudge {
  const { timeoutMs, totalTimeoutMs, maxWaitMs, ...poolOptions } = { ...defaults, ...options };
  const pool = createChildPool({ ...poolOptions, entry: new URL('./sandbox/child.ts', import.meta.url) });

  async function judge({ validations, signal, ...facts }: JudgeRequest): Promise<Judgement> {
    signal?.throwIfAborted();
    const verdicts: Verdict[] = [];
    const values = new Map<ValidationType, JsonValue>();
    let extraction: Extraction = 'none';
    let runLeftMs = totalTimeoutMs;
    let waitLeftMs = maxWaitMs;
    for (const validation of validations) {
      const { type } = validation;
      const configHash = hashConfig(validation.config);
      const wantsValue = hasPassed(verdicts) && !(type === 'SCHEMA' && values.has(type));
      const given = type === 'FUNCTION' ? facts : { tenantId: facts.tenantId, output: facts.output };
      const limits = { timeoutMs: Math.min(timeoutMs, runLeftMs), maxWaitMs: waitLeftMs, signal };
      const askedAt = performance.now();
      const finding = await examine(pool, validation, { ...given, configHash, wantsValue }, limits);
      verdicts.push(toVerdict(validation, configHash, finding));
      runLeftMs -= finding.durationMs;
      waitLeftMs = Math.max(0, waitLeftMs - (performance.now() - askedAt - finding.durationMs));
      if (extraction === 'none') extraction = finding.extraction;
      if (finding.value !== undefined) values.set(type, finding.value);
    }
    return conclude(verdicts, chosen(values), extraction);
  }

  async function check({ tenantId, type, config, signal }: CheckRequest): Promise<ConfigCheck> {
    signal?.throwIfAborted();
    const read = readConfig(type, config);
    if (read.code !== undefined) return { ...read, warnings: [] };
    const end = await pool.run(
      { task: 'check', type, tenantId, config: read.config, configHash: hashConfig(config) },
      { timeoutMs, maxWaitMs, signal },
    );
    // Without a turn nothing is known about the config, whoever took the turns.
    const isKnown = end.noSlot === undefined && stopCodeOf(end) !== 'SANDBOX_UNAVAILABLE';
    if (!isKnown) throw new FormaError('SANDBOX_UNAVAILABLE');
    return isCheck(end.reply)
      ? withoutSize(end.reply)
      : { code: tooMuch[type], problems: [tooMuchRemark], warnings: [] };
  }

  return { judge, check, ready: pool.ready, close: pool.close };
}

const tooMuchRemark = { pointer: '', message: 'compiling it takes too much time or memory' };

const tooMuch: Record<ValidationType, ConfigCode> = {
  SCHEMA: 'SCHEMA_TOO_COMPLEX',
  REGEX: 'REGEX_INVALID',
  FUNCTION: 'FUNCTION_INVALID',
};

const outOfTime = 'not run: the validations before it used up the time for one output';
const outOfTurn = 'not run: earlier validations of this account took so long that its turn did not come';

async function examine(
  pool: ChildPool,
  { type, config }: Validation,
  run: Omit<JudgeRun, 'task' | 'type' | 'config'>,
  limits: PoolLimits,
): Promise<Finding> {
  const read = readConfig(type, config);
  if (read.code !== undefined) return notRun(read.code, configErrors(read.problems));
  if (limits.timeoutMs <= 0) return notRun('SANDBOX_TIMEOUT', wholeError(outOfTime));
  const timeoutMs = Math.min(limits.timeoutMs, deadlineOf(read.config));
  const end = await pool.run({ ...run, task: 'judge', type, config: read.config }, { ...limits, timeoutMs });
  if (isJudgement(end.reply)) return { ...end.reply, durationMs: end.durationMs };
  const code = stopCodeOf(end) ?? 'SANDBOX_CRASHED';
  const errors = end.noSlot === 'slow' ? wholeError(outOfTurn) : [];
  return { ...notRun(code, errors), durationMs: end.durationMs };
}

function readConfig(
  type: ValidationType,
  config: unknown,
): ReadConfig<JsonSchema | RegexConfig | FunctionConfig> {
  switch (type) {
    case 'SCHEMA':
      return readSchemaConfig(config);
    case 'REGEX':
      return readRegexConfig(config);
    case 'FUNCTION':
      return readFunctionConfig(config);
    default:
      return assertNever(type);
  }
}

/** A function brings a limit of its own. */
function deadlineOf(config: JsonSchema | RegexConfig | FunctionConfig): number {
  const hasLimit = typeof config === 'object' && 'source' in config && typeof config.timeoutMs === 'number';
  return hasLimit ? config.timeoutMs + functionGraceMs : Number.POSITIVE_INFINITY;
}

function stopCodeOf({ cause, noSlot }: RunEnd | NoTurn): StopCode | null {
  if (noSlot !== undefined) return noSlotCodes[noSlot];
  return cause === undefined ? null : stopCodes[cause];
}

function isJudgement(reply: Reply | undefined): reply is JudgeReply {
  return reply !== undefined && 'extraction' in reply;
}

function isCheck(reply: Reply | undefined): reply is CheckReply {
  return reply !== undefined && 'problems' in reply;
}

function withoutSize({ code, problems, warnings }: CheckReply): ConfigCheck {
  return { code, problems, warnings };
}

/** The last FUNCTION's value wins; the SCHEMAs all read the same one. */
function chosen(values: ReadonlyMap<ValidationType, JsonValue>): JsonValue | undefined {
  return values.has('FUNCTION') ? values.get('FUNCTION') : values.get('SCHEMA');
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
