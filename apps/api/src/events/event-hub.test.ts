import type { ExecutionProgress, Queryable } from '@formaops/db';
import { recordingLog } from '@formaops/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createEventHub } from './event-hub.ts';
import type { LiveEvent } from './live-event.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const readAt = new Date('2030-01-01T12:00:00Z');

/** A hub over a database in which every execution of user `u` is waiting, unless a test changes it. */
function setup() {
  const log = recordingLog();
  const state = { status: 'PENDING', moved: [] as string[], failures: 0 };
  const statements = { read: [] as string[][], lookedUp: [] as string[][] };
  const query = async (sql: string, [ids = []]: [string[]]) => {
    if (state.failures > 0) {
      state.failures -= 1;
      throw new Error('database away');
    }
    if (sql.includes('moved')) {
      statements.lookedUp.push(ids);
      const rows = ids.filter((id) => state.moved.includes(id)).map((id) => ({ id, userId: 'u', readAt }));
      return { rows: rows.length > 0 ? rows : [{ id: null, userId: null, readAt }] };
    }
    statements.read.push(ids);
    return { rows: ids.map((id) => progressRow(id, state.status)) };
  };
  const announcer = { watch: () => ({ [Symbol.dispose]: () => undefined }) };
  const hub = createEventHub({ db: { query } as unknown as Queryable, announcer, log });
  hub.start();
  return { hub, state, statements, log };
}

function progressRow(id: string, status: string) {
  const completed = status === 'COMPLETED' ? { completed_at: readAt } : { completed_at: null };
  const facts = { attempt: 0, attempts: null, logs: null, created_at: readAt, read_at: readAt };
  return { id, userId: 'u', prompt_id: 'p', status, error_code: null, ...facts, ...completed };
}

/** What a client has read of an execution that waits. */
function progress(id: string): ExecutionProgress {
  const nothing = { error: null, costUsd: null, latencyMs: null, completedAt: null, attempts: [], logs: [] };
  const waiting = { status: 'PENDING', validationStatus: 'PENDING', attempt: 0 } as const;
  return { id, userId: 'u', promptId: 'p', createdAt: readAt, readAt, ...nothing, ...waiting };
}

/** A listener, and what it heard in few words. */
function ear() {
  const heard: string[] = [];
  const listener = ({ executionId, type, stored }: LiveEvent) =>
    void heard.push(`${executionId} ${stored?.type === 'status' ? stored.data.status : type}`);
  return { heard, listener };
}

const changed = (...ids: string[]) => ({
  output: [],
  changed: ids.map((executionId) => ({ executionId, userId: 'u' })),
});
const piece = { executionId: 'a', userId: 'u', promptId: 'p', attempt: 1, offset: 0, text: 'x' };

describe('createEventHub', () => {
  it('reads what has news once, by one statement for everybody, and tells each thing once', async () => {
    const { hub, state, statements } = setup();
    const [one, two, all] = [ear(), ear(), ear()];
    hub.watchExecution({ id: 'a', userId: 'u' }, true, one.listener);
    hub.watchExecution({ id: 'a', userId: 'u' }, true, two.listener);
    hub.watchUser('u', true, all.listener);
    hub.hear(changed('a', 'b'));
    await jest.advanceTimersByTimeAsync(100);
    state.status = 'COMPLETED';
    hub.hear(changed('a'));
    await jest.advanceTimersByTimeAsync(100);
    expect(statements.read).toEqual([['a', 'b'], ['a']]);
    expect(one.heard).toEqual(['a PENDING', 'a COMPLETED']);
    expect(two.heard).toEqual(one.heard);
    expect(all.heard).toEqual(['a PENDING', 'b PENDING', 'a COMPLETED']);
    hub.stop();
  });

  it('passes text on as it comes, without a statement', () => {
    const { hub, statements } = setup();
    const [one, all, other] = [ear(), ear(), ear()];
    hub.watchExecution({ id: 'a', userId: 'u' }, true, one.listener);
    hub.watchUser('u', true, all.listener);
    hub.watchUser('v', true, other.listener);
    hub.hear({ output: [piece], changed: [] });
    expect([one.heard, all.heard, other.heard]).toEqual([['a output'], ['a output'], []]);
    expect(statements.read).toEqual([]);
    hub.stop();
  });

  it('finds out what no message told in little more than a second, by one statement for all', async () => {
    const { hub, state, statements } = setup();
    const [one, two] = [ear(), ear()];
    hub.watchExecution({ id: 'a', userId: 'u' }, true, one.listener).knows(progress('a'));
    hub.watchExecution({ id: 'b', userId: 'u' }, true, two.listener).knows(progress('b'));
    Object.assign(state, { moved: ['b'], status: 'COMPLETED' });
    await jest.advanceTimersByTimeAsync(1_300);
    expect(statements.lookedUp.map((ids) => ids.toSorted())).toEqual([['a', 'b']]);
    await jest.advanceTimersByTimeAsync(1_000);
    // What has ended is looked for no more.
    expect(statements.lookedUp[1]).toEqual(['a']);
    expect([one.heard, two.heard]).toEqual([[], ['b COMPLETED']]);
    hub.stop();
  });

  it('lets a message come first that is on its way, with the text before the end', async () => {
    const { hub, state, statements } = setup();
    const one = ear();
    hub.watchExecution({ id: 'a', userId: 'u' }, true, one.listener).knows(progress('a'));
    Object.assign(state, { moved: ['a'], status: 'COMPLETED' });
    await jest.advanceTimersByTimeAsync(1_100);
    expect(statements.lookedUp).toEqual([['a']]);
    hub.hear({ output: [piece], changed: [{ executionId: 'a', userId: 'u' }] });
    await jest.advanceTimersByTimeAsync(500);
    expect(one.heard).toEqual(['a output', 'a COMPLETED']);
    expect(statements.read).toEqual([['a']]);
    hub.stop();
  });

  it('costs no statement where nobody watches, whatever is told', async () => {
    const { hub, statements } = setup();
    const watch = hub.watchExecution({ id: 'a', userId: 'u' }, true, ear().listener);
    watch[Symbol.dispose]();
    hub.hear(changed('a'));
    await jest.advanceTimersByTimeAsync(3_000);
    expect(statements).toEqual({ read: [], lookedUp: [] });
    hub.stop();
  });

  it('reads again what could not be read', async () => {
    const { hub, state, log } = setup();
    const one = ear();
    hub.watchExecution({ id: 'a', userId: 'u' }, true, one.listener);
    state.failures = 1;
    hub.hear(changed('a'));
    await jest.advanceTimersByTimeAsync(0);
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'news of executions not read' }]);
    await jest.advanceTimersByTimeAsync(1_200);
    expect(one.heard).toEqual(['a PENDING']);
    hub.stop();
  });
});
