import { apiKeyPattern } from '@formaops/core';
import { findGroups, findRows, type Invariant, isTerminal } from './invariant.ts';

const isFinal = `l.message IN ('Execution completed', 'Execution failed', 'Execution cancelled')`;
const finals = `count(l.id) FILTER (WHERE ${isFinal})`;

/**
 * A line may be written this long after a moment that was taken before it: a statement waits up to three seconds for
 * another's row (`lock_timeout`).
 */
const lockWait = `interval '5 s'`;

/**
 * Keys of the product, and of model providers. In `jsonb` a line break is the two characters backslash and n, of which the
 * second must not pass for the start of a longer word.
 */
const keyForm = String.raw`(^|[^[:alnum:]_]|\\[nrt])(${apiKeyPattern.source.replaceAll(/[\^$]/g, '')}|sk-[[:alnum:]_-]{20,})`;

/** The first two find nearly every text innocent, in a tenth of the time. */
const hasKey = (text: string) =>
  `(${text} LIKE '%sk-%' OR ${text} LIKE '%fo\\_live\\_%') AND ${text} ~ '${keyForm}'`;

const joined = (table: string) => `executions e JOIN ${table} x ON x.execution_id = e.id`;

const isRedacted = 'e.redacted_at IS NOT NULL';
const leftIn = `format('something is left in %s', x.tableoid::regclass)`;

/** That each execution tells its story once, and nobody's secrets. */
export const logs: readonly Invariant[] = [
  {
    id: 'I17',
    name: 'no-keys-in-texts',
    title: 'No log line and no error message holds something that looks like a key',
    // Says where, never what: the report must not spread it.
    sql: [
      findRows(joined('execution_logs'), [
        [hasKey('x.message'), `format('message of log line %s', x.id)`],
        [hasKey('x.metadata::text'), `format('metadata of log line %s', x.id)`],
      ]),
      findRows('executions e', [[hasKey('e.error_message'), `'error_message'`]]),
      findRows(joined('execution_attempts'), [
        [hasKey('x.error_message'), `format('error_message of attempt %s', x.attempt)`],
        [hasKey('x.provider_request_id'), `format('provider_request_id of attempt %s', x.attempt)`],
      ]),
    ].join(' UNION ALL '),
  },
  {
    id: 'I17',
    name: 'removed-content-is-gone',
    title: 'Of an execution whose content was removed nothing is left of it, wherever it was',
    sql: [
      findRows(
        'executions e',
        [
          [`NOT (${isTerminal})`, `format('is %s and was redacted', e.status)`],
          [`e.inputs <> '{}' OR e.context IS NOT NULL`, `'has inputs or a context'`],
          ['e.output IS NOT NULL OR e.validated_output IS NOT NULL', `'has an output'`],
          ['e.error_message IS NOT NULL', `'has an error message'`],
        ],
        isRedacted,
      ),
      findRows(joined('execution_attempts'), [['x.error_message IS NOT NULL', leftIn]], isRedacted),
      findRows(joined('execution_verdicts'), [[`x.errors <> '[]'`, leftIn]], isRedacted),
      findRows(joined('execution_revalidations'), [['x.validated_output IS NOT NULL', leftIn]], isRedacted),
      findRows(joined('execution_logs'), [[`x.metadata ? 'reason'`, leftIn]], isRedacted),
      findRows(
        joined('webhook_deliveries'),
        [[`x.data #>> '{error,message}' <> x.data #>> '{error,code}'`, leftIn]],
        `${isRedacted} AND x.event_type = 'execution.failed'`,
      ),
    ].join(' UNION ALL '),
  },
  {
    id: 'I18',
    name: 'one-final-line',
    title: 'The log of an ended execution has one final line, which is the last; other logs have none',
    sql: findGroups('executions e LEFT JOIN execution_logs l ON l.execution_id = e.id', [
      [`${finals} <> (${isTerminal})::int`, `format('is %s with %s final lines', e.status, ${finals})`],
      [
        `${finals} = 1 AND max(l.message) FILTER (WHERE ${isFinal}) <> 'Execution ' || lower(e.status::text)`,
        `format('is %s, and its final line is "%s"', e.status, max(l.message) FILTER (WHERE ${isFinal}))`,
      ],
      [
        `max(l.timestamp) > max(l.timestamp) FILTER (WHERE ${isFinal}) + ${lockWait}`,
        `'something was logged after its final line'`,
      ],
    ]),
  },
];
