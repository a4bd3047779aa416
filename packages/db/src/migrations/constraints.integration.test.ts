import {
  type ExecutionStatus,
  executionStatuses,
  isLegalMove,
  isTerminal,
  terminalStatuses,
} from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { setup } from '../database.fixture.ts';
import { future, insertRows, past, row } from '../executions/rows.fixture.ts';

/** @returns `stored`, or the name of the constraint that refused it, or the error's code where there is none. */
function outcomeOf(write: Promise<unknown>): Promise<string> {
  return write.then(
    () => 'stored',
    (error) => error.constraint ?? error.code,
  );
}

/** Tries each case in one database, where a refused one leaves nothing behind; compares all outcomes at once. */
async function expectOutcomes(
  status: ExecutionStatus,
  cases: Array<[string, Record<string, unknown>, string]>,
) {
  await using database = await setup();
  const outcomes: Array<[string, string]> = [];
  for (const [name, changes] of cases) {
    outcomes.push([name, await outcomeOf(insertRows(database, [row(status, changes)]))]);
  }
  expect(outcomes).toEqual(cases.map(([name, , outcome]) => [name, outcome]));
}

const moment = past();
const lease = { lease_token: 't', lease_expires_at: future() };

describe('executions', () => {
  it('refuse values that make no sense, up to the very limit', () =>
    expectOutcomes('COMPLETED', [
      ['the shortest latency', { latency_ms: 1 }, 'stored'],
      ['a latency of 0', { latency_ms: 0 }, 'chk_latency_positive'],
      ['a negative latency', { latency_ms: -1 }, 'chk_latency_positive'],
      ['a cost of nothing', { cost_usd: '0' }, 'stored'],
      ['a negative cost', { cost_usd: '-0.000001' }, 'chk_cost_positive'],
      ['a cost that is no number', { cost_usd: 'NaN' }, 'chk_cost_is_number'],
      ['the largest cost', { cost_usd: '9999.9999994' }, 'stored'],
      ['a larger cost', { cost_usd: '9999.9999995' }, '22003'],
      ['an infinite cost', { cost_usd: 'Infinity' }, '22003'],
      ['an end at the very start', { started_at: moment, completed_at: moment }, 'stored'],
      ['an end before the start', { started_at: future(), completed_at: past() }, 'chk_completion_order'],
      ['an infinite creation', { created_at: '-infinity' }, 'chk_times_finite'],
      ['an infinite deadline', { deadline_at: 'infinity' }, 'chk_times_finite'],
      ['an infinite start', { started_at: '-infinity' }, 'chk_times_finite'],
      ['an infinite end', { completed_at: 'infinity' }, 'chk_times_finite'],
      ['a negative attempt', { attempt: -1 }, 'chk_attempt_counts'],
      ['negative charged attempts', { charged_attempts: -1 }, 'chk_attempt_counts'],
      ['negative crashes', { crash_attempts: -1 }, 'chk_attempt_counts'],
      ['no attempts at all', { max_attempts: 0 }, 'chk_attempt_counts'],
      ['no time at all', { timeout_ms: 0 }, 'chk_attempt_counts'],
      ['a version that the prompt lacks', { prompt_version: 2 }, 'executions_prompt_id_prompt_version_fkey'],
      ['a user who does not exist', { user_id: 'nobody' }, 'executions_user_id_fkey'],
    ]));

  it('have a validated output only when it passed', () =>
    expectOutcomes('COMPLETED', [
      ['passed', { validated_output: {}, validation_status: 'PASSED' }, 'stored'],
      ['failed', { validated_output: {}, validation_status: 'FAILED' }, 'chk_validated_output'],
      ['skipped', { validated_output: {}, validation_status: 'SKIPPED' }, 'chk_validated_output'],
      ['not judged', { validated_output: {}, validation_status: 'PENDING' }, 'chk_validated_output'],
    ]));

  it('start no earlier than they may', () =>
    expectOutcomes('RUNNING', [
      ['later', { attempt: 1, started_at: future(), run_at: past() }, 'stored'],
      ['at that very time', { attempt: 1, started_at: moment, run_at: moment }, 'stored'],
      ['earlier', { attempt: 1, started_at: past(), run_at: future() }, 'chk_run_at'],
      ['after the deadline', { run_at: moment, deadline_at: moment }, 'chk_run_at'],
      ['never', { run_at: 'infinity', deadline_at: 'infinity' }, 'chk_run_at'],
    ]));

  it('have a whole lease or none', () =>
    expectOutcomes('RUNNING', [
      ['whole', lease, 'stored'],
      ['without an end', { lease_token: 't' }, 'chk_lease'],
      ['without a holder', { lease_expires_at: future() }, 'chk_lease'],
    ]));

  it.each(executionStatuses.filter((status) => status !== 'RUNNING'))('have no lease while %s', (status) =>
    expectOutcomes(status, [['lease', lease, 'chk_lease']]),
  );

  it('have exactly the times that their status asks for', async () => {
    await using database = await setup();
    const asksFor = (status: ExecutionStatus, started: boolean, completed: boolean) =>
      started === (status !== 'PENDING') && completed === isTerminal(status);
    for (const status of executionStatuses) {
      for (const started of [true, false]) {
        for (const completed of [true, false]) {
          const times = { started_at: started ? past() : null, completed_at: completed ? future() : null };
          const outcome = await outcomeOf(insertRows(database, [row(status, times)]));
          const expected = asksFor(status, started, completed) ? 'stored' : 'chk_execution_status_logic';
          expect({ status, started, completed, outcome }).toEqual({
            status,
            started,
            completed,
            outcome: expected,
          });
        }
      }
    }
  });
});

describe('a change of status', () => {
  it.each(executionStatuses)(
    'from %s is stored and recorded exactly when the state machine allows it',
    async (from) => {
      await using database = await setup();
      for (const to of executionStatuses) {
        const before = row(from);
        const { started_at, completed_at } = from === to ? before : row(to);
        await insertRows(database, [before]);
        const update = 'UPDATE executions SET status = $2, started_at = $3, completed_at = $4 WHERE id = $1';
        const outcome = await outcomeOf(
          database.pool.query(update, [before.id, to, started_at, completed_at]),
        );
        const { rows: recorded } = await database.pool.query(
          'SELECT from_status AS "from", to_status AS "to" FROM execution_transitions WHERE execution_id = $1',
          [before.id],
        );
        expect({ to, outcome, recorded }).toEqual({
          to,
          outcome: isLegalMove(from, to) || from === to ? 'stored' : 'chk_execution_transition',
          recorded: isLegalMove(from, to) ? [{ from, to }] : [],
        });
      }
    },
  );
});

describe('what an execution ended as', () => {
  const results = [
    `output = 'another'`,
    `validated_output = '{}', validation_status = 'PASSED'`,
    `token_usage = '{}'`,
    'latency_ms = 7',
    'cost_usd = 7',
    'cost_is_complete = NOT cost_is_complete',
    'spent_usd = 7',
    `error_code = 'X'`,
    `error_message = 'X'`,
    `started_at = started_at - interval '1 s'`,
    `completed_at = completed_at + interval '1 s'`,
    `finished_token = 'another'`,
    'attempt = attempt + 1',
  ];

  it.each(terminalStatuses)('does not change while it is %s', async (status) => {
    await using database = await setup();
    const ended = row(status);
    await insertRows(database, [ended]);
    for (const change of results) {
      const outcome = await outcomeOf(
        database.pool.query(`UPDATE executions SET ${change} WHERE id = $1`, [ended.id]),
      );
      expect([change, outcome]).toEqual([change, 'chk_execution_result']);
    }
  });

  const redact = `inputs = '{}', context = NULL, output = NULL, validated_output = NULL, error_message = NULL,
    redacted_at = clock_timestamp()`;
  const withContent = (status: ExecutionStatus) =>
    row(status, {
      inputs: { text: 'hello' },
      context: { a: 1 },
      ...(status === 'COMPLETED' && {
        output: '{"b":2}',
        validated_output: { b: 2 },
        validation_status: 'PASSED',
      }),
      ...(status === 'FAILED' && { error_code: 'INTERNAL', error_message: 'No' }),
    });
  const without = (part: string) =>
    redact
      .split(/,\s+/)
      .filter((set) => !set.startsWith(part))
      .join(', ');

  it.each(terminalStatuses)('may lose its content while it is %s, all of it or nothing', async (status) => {
    await using database = await setup();
    const ended = withContent(status);
    await insertRows(database, [ended]);
    const change = (set: string) =>
      outcomeOf(database.pool.query(`UPDATE executions SET ${set} WHERE id = $1`, [ended.id]));
    const own = { COMPLETED: ['output', 'validated_output'], FAILED: ['error_message'], CANCELLED: [] }[
      status
    ];
    for (const part of ['inputs', 'context', ...own])
      expect([part, await change(without(part))]).toEqual([part, 'chk_redacted']);
    expect(await change(without('redacted_at'))).toBe(own.length > 0 ? 'chk_execution_result' : 'stored');
    for (const more of ['cost_usd = 7', `error_code = 'X'`, 'latency_ms = 7'])
      expect([more, await change(`${redact}, ${more}`)]).toEqual([more, 'chk_execution_result']);
    expect(await change(redact)).toBe('stored');
  });

  it.each(terminalStatuses)(
    'stays without its content once that is removed while it is %s',
    async (status) => {
      await using database = await setup();
      const ended = withContent(status);
      await insertRows(database, [ended]);
      const change = (set: string) =>
        outcomeOf(database.pool.query(`UPDATE executions SET ${set} WHERE id = $1`, [ended.id]));
      await change(redact);
      const changes = ['redacted_at = NULL', 'redacted_at = now()', `output = 'x'`, `error_message = 'x'`];
      for (const one of changes) expect([one, await change(one)]).toEqual([one, 'chk_execution_result']);
      for (const one of [`inputs = '{"a":1}'`, `context = '1'`])
        expect([one, await change(one)]).toEqual([one, 'chk_redacted']);
    },
  );

  it.each(['PENDING', 'RUNNING'] as const)('is not removed while there is none: %s', async (status) => {
    await using database = await setup();
    const open = row(status);
    await insertRows(database, [open]);
    const write = database.pool.query(`UPDATE executions SET ${redact} WHERE id = $1`, [open.id]);
    expect(await outcomeOf(write)).toBe('chk_redacted');
  });

  it('lets its idempotency key be forgotten', async () => {
    await using database = await setup();
    const ended = row('COMPLETED', { idempotency_key: 'k', request_hash: 'h' });
    await insertRows(database, [ended]);
    const forget = 'UPDATE executions SET idempotency_key = NULL, request_hash = NULL WHERE id = $1';
    expect(await outcomeOf(database.pool.query(forget, [ended.id]))).toBe('stored');
  });
});

describe('execution_transitions', () => {
  it('are only added to, and go with their execution', async () => {
    await using database = await setup();
    const { pool } = database;
    const pending = row('PENDING');
    await insertRows(database, [pending]);
    await pool.query(`UPDATE executions SET status = 'RUNNING', started_at = now() WHERE id = $1`, [
      pending.id,
    ]);
    for (const change of [
      `UPDATE execution_transitions SET to_status = 'FAILED'`,
      'DELETE FROM execution_transitions',
    ])
      expect([change, await outcomeOf(pool.query(change))]).toEqual([change, 'chk_execution_transitions']);
    await pool.query('DELETE FROM executions WHERE id = $1', [pending.id]);
    const { rows } = await pool.query('SELECT * FROM execution_transitions');
    expect(rows).toEqual([]);
  });
});

describe('what belongs to an execution', () => {
  it('goes with it, and nothing else does', async () => {
    await using database = await setup();
    const { pool } = database;
    const [gone, kept] = [row('PENDING'), row('PENDING')];
    await insertRows(database, [gone, kept]);
    await pool.query(`UPDATE executions SET status = 'RUNNING', started_at = clock_timestamp()`);
    await pool.query(`INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at)
      SELECT id, 1, id, 'w', started_at FROM executions`);
    await pool.query(`INSERT INTO execution_verdicts (id, execution_id, validation_id, validation_name, type, outcome,
      config_hash, duration_ms) SELECT id, id, 'v', 'v', 'REGEX', 'PASSED', 'h', 1 FROM executions`);
    await pool.query(
      `INSERT INTO execution_logs (id, execution_id, message) SELECT id, id, 'm' FROM executions`,
    );
    const tables = ['attempts', 'verdicts', 'transitions', 'logs'].map((part) => `execution_${part}`);
    const owners = () =>
      Promise.all(
        tables.map(async (table) => {
          const { rows } = await pool.query(`SELECT execution_id FROM ${table}`);
          return [table, new Set(rows.map((part) => part.execution_id))];
        }),
      );
    expect(await owners()).toEqual(tables.map((table) => [table, new Set([gone.id, kept.id])]));
    await pool.query('DELETE FROM executions WHERE id = $1', [gone.id]);
    expect(await owners()).toEqual(tables.map((table) => [table, new Set([kept.id])]));
  });
});

describe('executions.idempotency_key', () => {
  it('is one execution for each user, and may be missing in many', async () => {
    await using database = await setup();
    await insertRows(database, [
      row('PENDING', { idempotency_key: 'k' }),
      row('PENDING', { idempotency_key: null }),
    ]);
    expect(await outcomeOf(insertRows(database, [row('PENDING')]))).toBe('stored');
    expect(await outcomeOf(insertRows(database, [row('PENDING', { idempotency_key: 'k' })]))).toBe(
      'uq_executions_idempotency_key',
    );
  });
});

describe('execution_attempts', () => {
  it('refuse a cost below nothing, and one that is no number', async () => {
    await using database = await setup();
    const running = row('RUNNING');
    await insertRows(database, [running]);
    for (const cost of ['NaN', '-0.000000000001']) {
      const insert = database.pool.query(
        `INSERT INTO execution_attempts (execution_id, attempt, token, worker_id, started_at, cost_usd)
         VALUES ($1, 1, 't', 'w', now(), $2)`,
        [running.id, cost],
      );
      expect(await outcomeOf(insert)).toBe('chk_attempt_cost');
    }
  });
});

describe('prompts, users and keys', () => {
  it('are refused when they make no sense or are there already', async () => {
    await using database = await setup();
    const cases = [
      ['UPDATE prompts SET published_at = NULL', 'chk_published_timestamp'],
      ['UPDATE prompts SET version = 0', 'chk_version_positive'],
      ['UPDATE prompt_versions SET version = 0', 'chk_prompt_version_positive'],
      [
        `INSERT INTO prompt_versions (id, prompt_id, version, template, variables)
         SELECT 'other', prompt_id, version, template, variables FROM prompt_versions`,
        'prompt_versions_prompt_id_version_key',
      ],
      [`INSERT INTO users (id, email) SELECT 'other', email FROM users`, 'users_email_key'],
      [
        `INSERT INTO api_keys (id, name, key_hash, user_id) SELECT 'other', name, key_hash, user_id FROM api_keys`,
        'api_keys_key_hash_key',
      ],
      [`UPDATE prompts SET status = 'DRAFT', published_at = NULL`, 'stored'],
    ] as const;
    for (const [sql, outcome] of cases) {
      expect([sql, await outcomeOf(database.pool.query(sql))]).toEqual([sql, outcome]);
    }
  });

  it('every version of a prompt has its row, whoever writes the prompt', async () => {
    await using database = await setup();
    await database.pool.query(`UPDATE prompts SET version = 2, template = 'second'`);
    const { rows } = await database.pool.query(
      'SELECT version, template FROM prompt_versions ORDER BY version',
    );
    expect(rows).toEqual([
      { version: 1, template: '{{text}}' },
      { version: 2, template: 'second' },
    ]);
  });

  it('a user with executions cannot be deleted; one without goes with prompts and keys', async () => {
    await using database = await setup();
    const one = row('PENDING');
    await insertRows(database, [one]);
    const deleteUser = () => database.pool.query('DELETE FROM users WHERE id = $1', [database.userId]);
    await expect(deleteUser()).rejects.toMatchObject({ constraint: 'executions_user_id_fkey' });
    await database.pool.query('DELETE FROM executions');
    await deleteUser();
    const { rows } = await database.pool.query(
      'SELECT (SELECT count(*)::int FROM prompts) + (SELECT count(*)::int FROM api_keys) AS left',
    );
    expect(rows).toEqual([{ left: 0 }]);
  });
});
