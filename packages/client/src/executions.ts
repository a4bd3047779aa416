import type { Calls } from './calls.ts';
import { executionMethods } from './generated/methods.ts';
import type { Body, CallOptions, Schemas } from './types.ts';
import { Deadline, hasEnded, type WaitOptions, waitForEnd } from './wait.ts';

/** What can be done with executions. */
export function executionsOf(calls: Calls) {
  const methods = executionMethods(calls);
  return {
    ...methods,

    /** Waits for the end; `TIMEOUT` when it has not come in time. */
    wait: (id: string, options: WaitOptions = {}) => waitForEnd(calls, id, options),

    /**
     * Submits and waits for the end. An execution that FAILED is no error of this call: look at its `status`.
     *
     * Ends with `TIMEOUT` when the end has not come in time; the execution goes on all the same.
     */
    async submitAndWait(
      body: Body<'submitExecution'>,
      { idempotencyKey, ...options }: WaitOptions & Pick<CallOptions, 'idempotencyKey'> = {},
    ): Promise<Schemas['ExecutionDetails']> {
      const { timeoutMs, ...rest } = options;
      const deadline = new Deadline(timeoutMs);
      const wait = deadline.waitSeconds();
      const execution = await methods.submit(body, { wait }, { ...rest, idempotencyKey });
      if (hasEnded(execution) && 'attempts' in execution) return execution;
      return waitForEnd(calls, execution.id, options, deadline);
    },
  };
}
