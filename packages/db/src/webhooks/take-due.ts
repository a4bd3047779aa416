import { type JsonObject, pauseAfterFailures } from '@formaops/core';
import type { Queryable } from '../pool.ts';
import { prepared } from '../prepared.ts';

/** Something to be sent now, and where to. */
export interface DueDelivery {
  id: string;
  webhookId: string;
  userId: string;
  url: string;
  /** Encrypted, with the webhook's id as its owner. */
  secret: string;
  /** Null when it is no longer valid. */
  previousSecret: string | null;
  eventType: string;
  data: JsonObject;
  createdAt: Date;
  /** Fences the result: whoever took it later has a higher one. */
  attempt: number;
  /** This one included. */
  tries: number;
  /** Of its endpoint, one after the other, when it was taken. */
  failures: number;
}

/** How many may be under way in this process. */
export interface TakeOptions {
  /** At most, now. */
  limit: number;
  /** How long they are this process's own, in milliseconds; then another may take them. */
  leaseMs: number;
  perHost: number;
  perUser: number;
  /** What is under way, one entry for each. */
  underWay: ReadonlyArray<Pick<DueDelivery, 'url' | 'userId'>>;
}

/** SQL: name and port. Addresses are stored in the one form that a URL parser gives them. */
const hostOf = (url: string) => `split_part(${url}, '/', 3)`;

// Every endpoint that something waits for, by jumping from one to the next through `idx_webhook_deliveries_due`: however long
// the line of one is, the others are found. With nothing to do it is one look.
const takeStatement = prepared(
  'take_due_deliveries',
  `
  WITH RECURSIVE waiting AS (
    SELECT min(webhook_id) AS id FROM webhook_deliveries WHERE status = 'PENDING'
    UNION ALL
    SELECT (SELECT min(d.webhook_id) FROM webhook_deliveries d WHERE d.status = 'PENDING' AND d.webhook_id > l.id)
    FROM waiting l WHERE l.id IS NOT NULL
  ), busy AS (
    SELECT ${hostOf('url')} AS host, user_id FROM unnest($3::text[], $4::text[]) AS b(url, user_id)
  ), due AS (
    SELECT d.id, d.due_at, w.user_id, ${hostOf('w.url')} AS host
    FROM waiting l JOIN webhooks w ON w.id = l.id AND w.is_active
      AND (w.paused_until IS NULL OR w.paused_until <= statement_timestamp())
    CROSS JOIN LATERAL (
      SELECT x.id, x.due_at FROM webhook_deliveries x
      WHERE x.webhook_id = w.id AND x.status = 'PENDING' AND x.due_at <= statement_timestamp()
      ORDER BY x.due_at LIMIT CASE WHEN w.consecutive_failures >= ${pauseAfterFailures} THEN 1 ELSE $5::int END) d
  ), of_hosts AS (
    SELECT *, row_number() OVER (PARTITION BY host ORDER BY due_at, id)
      + (SELECT count(*) FROM busy b WHERE b.host = due.host) AS of_host
    FROM due
  ), of_users AS (
    SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY due_at, id)
      + (SELECT count(*) FROM busy b WHERE b.user_id = of_hosts.user_id) AS of_user
    FROM of_hosts WHERE of_host <= $5::int
  ), picked AS (
    -- Another worker may be picking the same: what it holds is skipped, what it took is not due any more.
    SELECT id FROM webhook_deliveries
    WHERE id IN (SELECT id FROM of_users WHERE of_user <= $6::int ORDER BY of_user, due_at LIMIT $1)
      AND status = 'PENDING' AND due_at <= statement_timestamp()
    FOR NO KEY UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE webhook_deliveries d SET attempt = d.attempt + 1, tries = d.tries + 1,
      due_at = clock_timestamp() + $2::float8 * interval '1 ms'
    FROM picked p WHERE d.id = p.id
    RETURNING d.*
  ), probed AS (
    -- One at a time, until something goes well again.
    UPDATE webhooks w SET paused_until = clock_timestamp() + $2::float8 * interval '1 ms'
    WHERE w.id IN (SELECT webhook_id FROM taken) AND w.consecutive_failures >= ${pauseAfterFailures}
  )
  SELECT d.id, d.webhook_id AS "webhookId", w.user_id AS "userId", w.url, w.secret,
    CASE WHEN w.previous_secret_until > statement_timestamp() THEN w.previous_secret END AS "previousSecret",
    d.event_type AS "eventType", d.data, d.created_at AS "createdAt", d.attempt, d.tries,
    w.consecutive_failures AS failures
  FROM taken d JOIN webhooks w ON w.id = d.webhook_id`,
);

/**
 * Takes what is due, and counts an attempt of each: no more at once to one host and for one user than is allowed, and
 * everybody's first before anybody's second. A worker that dies leaves them to the others when its time is over.
 */
export async function takeDueDeliveries(db: Queryable, options: TakeOptions): Promise<DueDelivery[]> {
  const { limit, leaseMs, perHost, perUser, underWay } = options;
  const values = [
    limit,
    leaseMs,
    underWay.map(({ url }) => url),
    underWay.map(({ userId }) => userId),
    perHost,
    perUser,
  ];
  const { rows } = await db.query<DueDelivery>({ ...takeStatement, values });
  return rows;
}

/** Gives back what could not be tried, for no fault of the endpoint: due again in so many milliseconds, with all its tries. */
export async function putOffDelivery(
  db: Queryable,
  { id, attempt }: Pick<DueDelivery, 'id' | 'attempt'>,
  delayMs: number,
): Promise<void> {
  await db.query(
    `UPDATE webhook_deliveries SET tries = greatest(0, tries - 1),
       due_at = clock_timestamp() + $3::float8 * interval '1 ms'
     WHERE id = $1 AND attempt = $2 AND status = 'PENDING'`,
    [id, attempt, delayMs],
  );
}
