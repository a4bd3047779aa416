import { assertNever } from '../assert-never.ts';
import { type ExecutionStatus, isTerminal, type TerminalStatus } from './status.ts';
import { type ExecutionEvent, transitions } from './transitions.ts';

/** An execution may lose this many workers; the next loss ends it. */
export const maxCrashAttempts = 3;

/** All of an execution that decides what may happen to it. Times are milliseconds of one clock: the database's. */
export interface MachineState {
  status: ExecutionStatus;
  /** Numbers every claim, from 1; 0 before the first. */
  attempt: number;
  maxAttempts: number;
  /** Attempts that count against `maxAttempts`. */
  chargedAttempts: number;
  /** Attempts that were lost with their worker. */
  crashAttempts: number;
  lease: { token: string; expiresAt: number } | null;
  /** Nobody may start it before; null: at once. */
  runAt: number | null;
  nextAttemptAt: number | null;
  isCancelRequested: boolean;
  deadlineAt: number;
  /** The lease of the latest attempt, when that attempt was given back. */
  handedBackToken: string | null;
  /** The lease that settled it. */
  finishedToken: string | null;
}

/** An execution as it is submitted. */
export function submittedState(
  limits: Pick<MachineState, 'maxAttempts' | 'deadlineAt'> & { runAt?: number | null },
): MachineState {
  return {
    runAt: null,
    ...limits,
    status: 'PENDING',
    attempt: 0,
    chargedAttempts: 0,
    crashAttempts: 0,
    lease: null,
    nextAttemptAt: null,
    isCancelRequested: false,
    handedBackToken: null,
    finishedToken: null,
  };
}

/** What somebody tries to do to an execution. */
export type Move =
  | { kind: 'claim'; token: string; leaseMs: number }
  | { kind: 'heartbeat'; token: string; leaseMs: number }
  | { kind: 'settle'; token: string; status: TerminalStatus }
  | { kind: 'handBack'; token: string; charged: boolean; delayMs: number }
  | { kind: 'requestCancel' }
  | { kind: 'rescue' }
  | { kind: 'expire' };

/** Why an execution cannot be claimed now. */
export type ClaimRefusal = 'ended' | 'held' | 'notDue' | 'cancelRequested' | 'late' | 'usedUp';

/** What became of a move; a refused one changes nothing. */
export type Step = { applied: true; state: MachineState } | { applied: false };

type Guarded = Omit<MachineState, 'attempt' | 'handedBackToken' | 'finishedToken'>;

/** @returns null when the execution may be claimed. */
export function whyNotClaimable(state: Guarded, now: number): ClaimRefusal | null {
  if (isTerminal(state.status)) return 'ended';
  if (state.lease !== null) return 'held';
  if (state.isCancelRequested) return 'cancelRequested';
  if (state.deadlineAt <= now) return 'late';
  if (state.chargedAttempts >= state.maxAttempts || state.crashAttempts > maxCrashAttempts) return 'usedUp';
  const dueAt = state.nextAttemptAt ?? state.runAt;
  return dueAt !== null && dueAt > now ? 'notDue' : null;
}

/**
 * The state machine without a database: the guard and the effect of every move. The verbs of `@formaops/db` do the same
 * in one statement each, and a test compares them over all states.
 */
export function step(state: MachineState, move: Move, now: number): Step {
  switch (move.kind) {
    case 'claim':
      return claim(state, move, now);
    case 'heartbeat': {
      if (!isHeldBy(state, move.token)) return refused;
      return { applied: true, state: { ...state, lease: leaseOf(move, now) } };
    }
    case 'settle':
      return settle(state, move);
    case 'handBack':
      return handBack(state, move, now);
    case 'requestCancel':
      return requestCancel(state);
    case 'rescue':
      return rescue(state, now);
    case 'expire':
      return expire(state, now);
    default:
      return assertNever(move);
  }
}

const refused: Step = { applied: false };

function claim(state: MachineState, move: Extract<Move, { kind: 'claim' }>, now: number): Step {
  // Repeated because the answer to the first write was lost.
  if (isHeldBy(state, move.token)) return { applied: true, state };
  if (whyNotClaimable(state, now) !== null) return refused;
  const changes = {
    attempt: state.attempt + 1,
    lease: leaseOf(move, now),
    nextAttemptAt: null,
    handedBackToken: null,
  };
  return moved(state, 'claim', changes);
}

function settle(state: MachineState, { token, status }: Extract<Move, { kind: 'settle' }>): Step {
  // Repeated because the answer to the first write was lost.
  if (state.finishedToken === token) return { applied: true, state };
  if (!isHeldBy(state, token)) return refused;
  const changes = { lease: null, finishedToken: token };
  // A recorded wish beats every other end.
  if (state.isCancelRequested || status === 'CANCELLED') return moved(state, 'settleCancelled', changes);
  if (status === 'COMPLETED') return moved(state, 'settleCompleted', changes);
  return moved(state, 'settleFailed', { ...changes, chargedAttempts: state.chargedAttempts + 1 });
}

function handBack(state: MachineState, move: Extract<Move, { kind: 'handBack' }>, now: number): Step {
  // Repeated because the answer to the first write was lost.
  const isRepeated =
    state.handedBackToken === move.token && state.status === 'RUNNING' && state.lease === null;
  if (isRepeated) return { applied: true, state };
  if (!isHeldBy(state, move.token) || state.isCancelRequested) return refused;
  return moved(state, move.charged ? 'scheduleRetry' : 'release', {
    lease: null,
    nextAttemptAt: now + move.delayMs,
    handedBackToken: move.token,
    chargedAttempts: state.chargedAttempts + Number(move.charged),
  });
}

function requestCancel(state: MachineState): Step {
  if (isTerminal(state.status)) return refused;
  if (state.lease !== null) return moved(state, 'wish', { isCancelRequested: true });
  return moved(state, 'cancel', { isCancelRequested: true, nextAttemptAt: null });
}

function rescue(state: MachineState, now: number): Step {
  if (state.status !== 'RUNNING' || state.lease === null || state.lease.expiresAt >= now) return refused;
  const changes = { lease: null, crashAttempts: state.crashAttempts + 1 };
  if (state.isCancelRequested) return moved(state, 'rescueCancelled', changes);
  if (state.crashAttempts >= maxCrashAttempts || state.deadlineAt <= now)
    return moved(state, 'rescueFailed', changes);
  return moved(state, 'rescue', { ...changes, nextAttemptAt: now });
}

function expire(state: MachineState, now: number): Step {
  if (isTerminal(state.status) || state.lease !== null || state.deadlineAt > now) return refused;
  return moved(state, 'expire', { nextAttemptAt: null });
}

function isHeldBy({ status, lease }: MachineState, token: string): boolean {
  return status === 'RUNNING' && lease?.token === token;
}

function leaseOf({ token, leaseMs }: { token: string; leaseMs: number }, now: number) {
  return { token, expiresAt: now + leaseMs };
}

function moved(state: MachineState, event: ExecutionEvent, changes: Partial<MachineState>): Step {
  const moves: Partial<Record<ExecutionEvent, ExecutionStatus>> = transitions[state.status];
  const status = moves[event];
  // The table is the law: what it does not list cannot happen, whatever a guard says.
  return status === undefined ? refused : { applied: true, state: { ...state, ...changes, status } };
}
