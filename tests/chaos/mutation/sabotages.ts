/** A text of the product and what it becomes. It has to occur exactly once. */
export interface Edit {
  file: string;
  find: string;
  replace: string;
}

/** A mistake that somebody could make, and which invariants have to notice it. */
export interface Sabotage {
  name: string;
  mistake: string;
  /** At least one of them. */
  caughtBy: readonly string[];
  edits: readonly Edit[];
}

export const sabotages: readonly Sabotage[] = [
  {
    name: 'no-token',
    mistake: 'a result is written without asking who holds the lease',
    caughtBy: ['I8'],
    edits: [
      {
        file: 'packages/db/src/executions/transition/settle.ts',
        find: ' AND x.lease_token = s.token\n    RETURNING',
        replace: '\n    RETURNING',
      },
    ],
  },
  {
    name: 'no-sweeper',
    mistake: 'maintenance does nothing',
    caughtBy: ['I2'],
    edits: [
      {
        file: 'apps/worker/src/maintenance/maintenance-loop.ts',
        find: 'pass = maintain(deps, { next })',
        replace: 'pass = Promise.resolve()',
      },
    ],
  },
  {
    name: 'answer-first',
    mistake: 'a request is answered and rung for before it is committed',
    caughtBy: ['I1'],
    edits: [
      {
        file: 'apps/api/src/routes/executions.ts',
        find: 'const submitted = await submitExecution(submission, caller, deps);',
        replace: `const storing = submitExecution(submission, caller, deps);
      storing.catch(() => undefined);
      if (wait === 0) return { status: 202, body: { id: newId } };
      const submitted = await storing;`,
      },
    ],
  },
  {
    name: 'library-retries',
    mistake: 'the client library of the provider repeats calls by itself',
    caughtBy: ['I7'],
    edits: [
      {
        file: 'packages/providers/src/openai-provider.ts',
        find: 'maxRetries: 0,',
        replace: 'maxRetries: 2,',
      },
    ],
  },
  {
    name: 'cancel-anything',
    mistake: 'a cancel does not ask whether the execution has ended',
    caughtBy: ['I4', 'I15'],
    edits: [
      {
        file: 'packages/db/src/executions/transition/request-cancel.ts',
        find: "const isOpen = hasStatus('x', 'PENDING', 'RUNNING');",
        replace: "const isOpen = 'true';",
      },
    ],
  },
  {
    name: 'float-costs',
    mistake: 'costs are summed up as floating point numbers',
    caughtBy: ['I6'],
    edits: [
      {
        file: 'packages/db/src/executions/transition/cost.ts',
        find: `THEN coalesce(x.spent_usd, 0) + coalesce(s."costUsd", 0) END)`,
        replace: `THEN (coalesce(x.spent_usd, 0)::real + coalesce(s."costUsd", 0)::real)::numeric END)`,
      },
    ],
  },
];
