import { type ExecutionStatus, executionStatuses, isTerminal, type MachineState } from '@formaops/core';
import { type Fixture, setup as setupDatabase } from '../../database.fixture.ts';
import { farFuture, future, insertRows, past, row } from '../rows.fixture.ts';

/** All that a verb's guard may look at. */
export interface State {
  status: ExecutionStatus;
  lease: 'nobody' | 'us' | 'another';
  leaseIsOver: boolean;
  /** Whether its first or next attempt may start. */
  due: boolean;
  cancelWished: boolean;
  /** Whether the deadline has passed. */
  late: boolean;
  attemptsCharged: 0 | 3;
  crashes: 0 | 3 | 4;
}

export const maxAttempts = 3;

/** Every combination that can be. */
export const states = combinations<State>({
  status: executionStatuses,
  lease: ['nobody', 'us', 'another'],
  leaseIsOver: [false, true],
  due: [true, false],
  cancelWished: [false, true],
  late: [false, true],
  attemptsCharged: [0, maxAttempts],
  crashes: [0, 3, 4],
}).filter(canBe);

function combinations<T>(choices: { [K in keyof T]: readonly T[K][] }): T[] {
  const names = Object.keys(choices) as Array<keyof T>;
  const add = (all: Array<Partial<T>>, name: keyof T) =>
    all.flatMap((one) => choices[name].map((value) => ({ ...one, [name]: value })));
  return names.reduce(add, [{}]) as T[];
}

function canBe({ status, lease, leaseIsOver, due, cancelWished, late }: State): boolean {
  if (lease !== 'nobody' && status !== 'RUNNING') return false;
  if (lease === 'nobody' && leaseIsOver) return false;
  // What has started, or ended, waits for a time only between two attempts.
  if (!due && (isTerminal(status) || lease !== 'nobody')) return false;
  // The deadline counts from the time at which it may start.
  if (status === 'PENDING' && !due && late) return false;
  // A wish ends at once what nobody holds, and leads to nothing but CANCELLED: the database refuses other rows.
  return !(cancelWished && lease === 'nobody' && status !== 'CANCELLED');
}

export const idOf = (state: State) => `e${states.indexOf(state)}`;
export const ourTokenFor = (state: State) => `us-${idOf(state)}`;
export const held = (state: State) => state.lease !== 'nobody';
export const ours = (state: State) => state.lease === 'us';

export const isToStartLater = ({ status, due }: State) => status === 'PENDING' && !due;

/** The same for the pure state machine, at the time 0. */
export function toMachine(state: State): MachineState {
  const at = (isPast: boolean) => (isPast ? -1 : 1);
  return {
    status: state.status,
    attempt: held(state) ? 1 : 0,
    maxAttempts,
    chargedAttempts: state.attemptsCharged,
    crashAttempts: state.crashes,
    lease: held(state) ? { token: `${state.lease}-${idOf(state)}`, expiresAt: at(state.leaseIsOver) } : null,
    runAt: isToStartLater(state) ? 1 : null,
    nextAttemptAt: state.status === 'RUNNING' && !held(state) ? at(state.due) : null,
    isCancelRequested: state.cancelWished,
    deadlineAt: state.late ? -1 : 2,
    handedBackToken: null,
    finishedToken: null,
  };
}

/** One execution in each state. */
export async function setup(): Promise<Fixture> {
  const database = await setupDatabase();
  const rows = states.map((state) =>
    row(state.status, {
      id: idOf(state),
      created_at: past(),
      run_at: isToStartLater(state) ? future() : null,
      check_at: isToStartLater(state) ? future() : past(),
      lease_token: held(state) ? `${state.lease}-${idOf(state)}` : null,
      lease_expires_at: held(state) ? (state.leaseIsOver ? past() : future()) : null,
      next_attempt_at: state.status === 'RUNNING' && !held(state) ? (state.due ? past() : future()) : null,
      cancel_requested_at: state.cancelWished ? past() : null,
      deadline_at: state.late ? past() : farFuture(),
      max_attempts: maxAttempts,
      charged_attempts: state.attemptsCharged,
      crash_attempts: state.crashes,
      attempt: held(state) ? 1 : 0,
    }),
  );
  await insertRows(database, rows);
  await database.pool.query(
    `INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
     SELECT id, attempt, lease_token, 'w', started_at FROM executions WHERE lease_token IS NOT NULL`,
  );
  return database;
}

/** The rows as they are now, whole, by id. */
export async function readRows({
  pool,
}: Fixture): Promise<Map<string, { status: ExecutionStatus; all: string }>> {
  const { rows } = await pool.query('SELECT id, status, to_jsonb(e)::text AS "all" FROM executions e');
  return new Map(rows.map((one) => [one.id, one]));
}
