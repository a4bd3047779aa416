import { findRows, grace, type Invariant } from './invariant.ts';

/** That nobody is mistaken for another, and no request for another. */
export const owners: readonly Invariant[] = [
  {
    id: 'I9',
    name: 'one-execution-for-each-key',
    title: 'An idempotency key of a user stands for one execution',
    sql: `SELECT min(id) AS id, format('is one of %s with this idempotency key', count(*)) AS problem
      FROM (SELECT e.id, e.user_id, e.idempotency_key FROM executions e
        WHERE e.created_at >= $1::timestamptz AND e.idempotency_key IS NOT NULL) keyed
      GROUP BY user_id, idempotency_key HAVING count(*) > 1`,
  },
  {
    id: 'I9',
    name: 'keys-have-hashes-and-are-forgotten',
    title: 'An idempotency key has the hash of its request, and is forgotten after a day',
    sql: findRows('executions e', [
      [
        '(e.idempotency_key IS NULL) <> (e.request_hash IS NULL)',
        `'has a key without a hash, or a hash without a key'`,
      ],
      [
        `e.idempotency_key IS NOT NULL AND e.created_at < statement_timestamp() - interval '25 h' - ${grace}`,
        `format('has had its key since %s', e.created_at)`,
      ],
    ]),
  },
  {
    id: 'I16',
    name: 'prompts-of-the-owner',
    title: 'An execution runs a prompt of its own owner',
    sql: findRows('executions e JOIN prompts p ON p.id = e.prompt_id', [
      ['p.user_id <> e.user_id', `format('runs prompt %s of another user', p.id)`],
    ]),
  },
  {
    id: 'I16',
    name: 'reruns-of-the-owner',
    title: 'An execution repeats one of its own owner',
    sql: findRows('executions e JOIN executions o ON o.id = e.rerun_of', [
      ['o.user_id <> e.user_id', `format('repeats execution %s of another user', o.id)`],
      ['o.prompt_id <> e.prompt_id', `format('repeats execution %s of another prompt', o.id)`],
    ]),
  },
];
