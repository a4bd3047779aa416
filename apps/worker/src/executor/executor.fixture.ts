import { once } from 'node:events';
import { defaultRetryPolicy, type ErrorCode, FormaError, type FormaErrorOptions } from '@formaops/core';
import {
  type Claim,
  type ClaimRules,
  claim,
  createGroupCommit,
  type ExecutionDetails,
  findExecution,
  type HandBack,
  handBack,
  type LogView,
  listActiveValidations,
  listLogs,
  openPool,
  type Queryable,
  requestCancel,
  type Settlement,
  settle,
} from '@formaops/db';
import { type CallResult, createPriceBook, type ModelCall, type ModelProvider } from '@formaops/providers';
import type { AttemptRef, Bell, Disposition } from '@formaops/queue';
import { systemClock } from '@formaops/runtime';
import { createExecution, createPrompt, createUser, recordingLog, testDatabase } from '@formaops/testing';
import type { Judge, Judgement, JudgeRequest } from '@formaops/validation';
import { executeAttempt } from './execute-attempt.ts';
import { createLeaseKeeper, type LeaseKeeper } from './lease-keeper.ts';
import { createProviderHealth } from './provider-health.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** What a test's model does with a call. */
export type Model = (call: ModelCall) => CallResult | Promise<CallResult>;

export interface ExecutorFixture extends AsyncDisposable {
  /** For the test's own questions. */
  pool: ReturnType<typeof openPool>;
  owner: { userId: string; promptId: string };
  /** Stores an execution that waits. @returns its id. */
  submit(changes?: Parameters<typeof createExecution>[2]): Promise<string>;
  /** Answers its bell. */
  run(id: string, bell?: AbortSignal): Promise<Disposition>;
  read(id: string): Promise<ExecutionDetails>;
  /** Records its owner's wish, and tells nobody. */
  cancel(id: string): Promise<unknown>;
  /** Lets an execution that waits for its next attempt wait no longer. */
  makeDue(id: string): Promise<unknown>;
  /** The owner's story, from the first line. */
  story(id: string): Promise<LogView[]>;
  leases: LeaseKeeper;
  /** How many leases are being prolonged. */
  holds(): number;
  /** What the model was asked. */
  calls: ModelCall[];
  /** What the judge was asked. */
  judged: JudgeRequest[];
  /** Ids that were published as finished. */
  finished: string[];
  /** Executions of which those who follow them were told. */
  changed: string[];
  /** The text of models, piece by piece, as those who follow an execution get it. */
  written: Array<AttemptRef & { text: string }>;
  /** Bells that were rung for others. */
  rung: Bell[];
  /** The statements of the executor itself. */
  statements: string[];
  log: ReturnType<typeof recordingLog>;
}

interface SetupChanges extends Partial<Pick<WorkerDeps, 'clock' | 'random'>> {
  judge?: Judge['judge'];
  template?: string;
  rules?: Partial<ClaimRules>;
  /** Called before each statement of the executor; what it throws stands for an error of the database. */
  meet?: (sql: string) => void;
}

const batch = { maxRows: 10 };

/** An executor on a real database of its own, with doubles for the model, the judge and the signals. */
export async function setup(
  model: Model = () => answered(),
  changes: SetupChanges = {},
): Promise<ExecutorFixture> {
  const { databaseUrl, drop } = await testDatabase();
  const log = recordingLog();
  const pool = openPool({ databaseUrl, max: 5, applicationName: 'test', log, connectMs: 15_000 });
  const { userId } = await createUser(pool);
  const promptId = await createPrompt(pool, { userId, template: changes.template ?? '{{text}}' });
  const owner = { userId, promptId };
  const leaseMs = 60_000;
  const keeper = createLeaseKeeper({ db: pool, leaseMs, intervalMs: 20_000, log });
  let holds = 0;
  const leases: LeaseKeeper = {
    ...keeper,
    hold(lease) {
      const held = keeper.hold(lease);
      holds += 1;
      const release = () => {
        holds -= 1;
        held[Symbol.dispose]();
      };
      return { signal: held.signal, [Symbol.dispose]: release };
    },
  };
  const calls: ModelCall[] = [];
  const judged: JudgeRequest[] = [];
  const finished: string[] = [];
  const changed: string[] = [];
  const written: ExecutorFixture['written'] = [];
  const statements: string[] = [];
  const rung: Bell[] = [];
  const db = watched(pool, statements, changes.meet ?? (() => undefined));
  const deps: WorkerDeps = {
    workerId: 'worker-1',
    leaseMs,
    db,
    claim: createGroupCommit((claims: Claim[]) => {
      const rules = { unfunded: deps.health.unfunded(), ...changes.rules };
      return claim(db, claims, rules);
    }, batch),
    listValidations: createGroupCommit((ids: string[]) => listActiveValidations(db, ids), batch),
    settle: createGroupCommit((settlements: Settlement[]) => settle(db, settlements), batch),
    handBack: createGroupCommit((rows: HandBack[]) => handBack(db, rows), batch),
    runningCaps: changes.rules?.runningCaps ?? {},
    producer: { ring: async (bells) => void rung.push(...bells) },
    bellLostMs: 5_000,
    leases,
    provider: providerOf(model, calls),
    health: createProviderHealth({ clock: changes.clock ?? systemClock, log }),
    retryPolicy: defaultRetryPolicy,
    prices: createPriceBook({ baseUrl: 'https://api.openai.com/v1', overrides: { [priced]: price } }),
    judge: {
      judge(request) {
        judged.push(request);
        return changes.judge ? changes.judge(request) : Promise.resolve(notJudged);
      },
    },
    signals: { publishFinished: (ids) => void finished.push(...ids) },
    events: {
      changed: (executions) => void changed.push(...executions.map(({ executionId }) => executionId)),
      outputOf: (attempt) => (text) => void written.push({ ...attempt, text }),
    },
    clock: changes.clock ?? systemClock,
    random: changes.random ?? (() => 0.5),
    failpoint: () => undefined,
    log,
  };
  return {
    pool,
    owner,
    submit: (execution) => createExecution(pool, owner, { model: priced, ...execution }),
    run: (id, bell = new AbortController().signal) => executeAttempt(id, bell, deps),
    async read(id) {
      const execution = await findExecution(pool, null, id);
      if (!execution) throw new Error(`execution ${id} is missing`);
      return execution;
    },
    cancel: (id) => requestCancel(pool, [{ id, userId }]),
    // A second ago: the column rounds to milliseconds, and a claim may come within the same one.
    makeDue: (id) =>
      pool.query(`UPDATE executions SET next_attempt_at = now() - interval '1 s' WHERE id = $1`, [id]),
    story: (id) => listLogs(pool, id, null, 100),
    leases,
    holds: () => holds,
    calls,
    judged,
    finished,
    changed,
    written,
    rung,
    statements,
    log,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await drop();
    },
  };
}

/** A model with a price of our own: one dollar for a million tokens in, two for a million out. */
export const priced = 'test-model';
const price = { inputPerMillion: '1', outputPerMillion: '2' };

const facts = {
  usageIsEstimated: false,
  providerRequestId: 'req-1',
  outputSanitized: false,
  latencyMs: 321,
};

/** A hundred tokens in and fifty out: 0.0002 dollars. */
export const usage = { input: 100, output: 50, total: 150, model: priced };

type Changes<Kind extends CallResult['kind']> = Partial<Omit<Extract<CallResult, { kind: Kind }>, 'kind'>>;

export function answered(changes: Changes<'answered'> = {}): CallResult {
  return { kind: 'answered', output: 'Hello!', finishReason: 'stop', usage, ...facts, ...changes };
}

/** A call that failed without having been billed. */
export function failed(
  code: ErrorCode,
  options: FormaErrorOptions = {},
  changes: Changes<'failed'> = {},
): CallResult {
  return {
    kind: 'failed',
    error: new FormaError(code, options),
    partialOutput: '',
    usage: null,
    ...facts,
    ...changes,
  };
}

/** A call that goes on until somebody ends it, and has got half an answer by then. */
export async function endless({ signal }: ModelCall): Promise<CallResult> {
  if (!signal.aborted) await once(signal, 'abort', { signal: AbortSignal.timeout(15_000) });
  return {
    kind: 'aborted',
    reason: signal.reason,
    partialOutput: 'Hel',
    usage,
    ...facts,
    usageIsEstimated: true,
  };
}

/** A judgement for want of validations. */
export const notJudged: Judgement = {
  status: 'SKIPPED',
  verdicts: [],
  validatedOutput: undefined,
  extraction: 'none',
};

function providerOf(model: Model, calls: ModelCall[]): ModelProvider {
  return {
    async call(call) {
      calls.push(call);
      return model(call);
    },
    close: () => undefined,
  };
}

/** Notes each statement before it is sent; what `meet` throws meets it in place of the database. */
function watched(
  pool: ReturnType<typeof openPool>,
  statements: string[],
  meet: (sql: string) => void,
): Queryable {
  const query = async (statement: string | { text: string }, values?: unknown[]) => {
    const sql = typeof statement === 'string' ? statement : statement.text;
    statements.push(sql);
    meet(sql);
    return typeof statement === 'string' ? pool.query(statement, values) : pool.query(statement);
  };
  return { query: query as Queryable['query'] };
}
