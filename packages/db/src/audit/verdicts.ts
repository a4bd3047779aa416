import { findGroups, type Invariant, isOpen, show } from './invariant.ts';

/** Those that were given when the output was new; not those of later judgements. */
const withOwnVerdicts = `executions e LEFT JOIN execution_verdicts v ON v.execution_id = e.id AND v.revalidation_id IS NULL`;

const judgement = `CASE WHEN count(v.id) = 0 THEN 'SKIPPED' WHEN bool_and(v.outcome = 'PASSED') THEN 'PASSED'
  ELSE 'FAILED' END`;
const expected = `CASE WHEN ${isOpen} THEN 'PENDING' WHEN e.status <> 'COMPLETED' THEN 'SKIPPED' ELSE ${judgement} END`;

/** That an output was judged by all validations, once, and that the execution says what they said. */
export const verdicts: readonly Invariant[] = [
  {
    id: 'I13',
    name: 'validation-status-tells-the-verdicts',
    title:
      'PASSED: all verdicts passed. FAILED: one did not. SKIPPED: there is none. Only COMPLETED has verdicts',
    sql: findGroups(withOwnVerdicts, [
      [
        `e.validation_status::text <> ${expected}`,
        `format('validation_status is %s, by status and verdicts it is %s', e.validation_status, ${expected})`,
      ],
      [
        `e.status <> 'COMPLETED' AND count(v.id) > 0`,
        `format('is %s with %s verdicts', e.status, count(v.id))`,
      ],
    ]),
  },
  {
    id: 'I13',
    name: 'one-verdict-of-each-validation',
    title: 'No validation judged an output twice at one time',
    sql: findGroups(
      'executions e JOIN execution_verdicts v ON v.execution_id = e.id',
      [['count(*) > 1', `format('validation %s gave %s verdicts', v.validation_id, count(*))`]],
      { by: 'e.id, v.revalidation_id, v.validation_id' },
    ),
  },
  {
    id: 'I13',
    name: 'verdicts-are-complete',
    title: 'There are as many verdicts as the log says validations were run',
    sql: findGroups(
      `${withOwnVerdicts} JOIN execution_logs l ON l.execution_id = e.id AND l.message = 'Output judged'`,
      [
        [
          `l.metadata->>'validations' <> count(v.id)::text`,
          `format('%s validations were run, %s verdicts are stored', l.metadata->>'validations', count(v.id))`,
        ],
      ],
      { by: 'e.id, l.id', where: `e.status = 'COMPLETED'` },
    ),
  },
  {
    id: 'I13',
    name: 'validated-output-passed',
    title: 'A validated output passed a validation that yields values',
    sql: findGroups(
      withOwnVerdicts,
      [
        [`e.validation_status <> 'PASSED'`, `format('its validation is %s', e.validation_status)`],
        [
          `count(*) FILTER (WHERE v.type IN ('SCHEMA', 'FUNCTION') AND v.outcome = 'PASSED') = 0`,
          `'no SCHEMA or FUNCTION passed it'`,
        ],
      ],
      { where: 'e.validated_output IS NOT NULL' },
    ),
  },
  {
    id: 'I13',
    name: 'revalidations-tell-their-verdicts',
    title: 'A later judgement says what its own verdicts say',
    sql: findGroups(
      `executions e JOIN execution_revalidations r ON r.execution_id = e.id
        LEFT JOIN execution_verdicts v ON v.revalidation_id = r.id`,
      [
        [
          `r.validation_status::text <> ${judgement}`,
          `format('revalidation %s is %s, by its verdicts it is %s', r.id, r.validation_status, ${judgement})`,
        ],
        [
          `r.validated_output IS NOT NULL AND r.validation_status <> 'PASSED'`,
          `format('revalidation %s is %s with an output', r.id, r.validation_status)`,
        ],
        [
          'bool_or(v.execution_id <> e.id)',
          `format('revalidation %s has a verdict about execution %s', r.id, ${show('min(v.execution_id)')})`,
        ],
      ],
      { by: 'e.id, r.id' },
    ),
  },
];
