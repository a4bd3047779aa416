import type { Calls } from './calls.ts';
import { type ExecutionEvent, type FollowOptions, follow, type GapEvent } from './follow.ts';
import { executionMethods } from './generated/methods.ts';
import { newKey } from './prepare.ts';
import type { Body, CallOptions, Query, Schemas } from './types.ts';
import { Deadline, hasEnded, patientRetries, type WaitOptions, waitForEnd } from './wait.ts';

/** What can be done with executions. */
export function executionsOf(calls: Calls) {
  const methods = executionMethods(calls);
  return {
    ...methods,

    /** Cancels an execution. Doing so again changes nothing, so it is tried again where that may help. */
    cancel: (id: string, options?: CallOptions) => methods.cancel(id, { mayRepeat: true, ...options }),

    /** Submits up to 1,000 executions; each has an idempotency key, so that it is accepted once whatever happens on the way. */
    submitBatch: ({ items }: Body<'submitBatch'>, options?: CallOptions) =>
      methods.submitBatch(
        { items: items.map((item) => ({ ...item, idempotencyKey: item.idempotencyKey ?? newKey() })) },
        { mayRepeat: true, ...options },
      ),

    /**
     * Tells what happens to an execution, from its beginning to its end:
     * `for await (const event of client.executions.stream(id))`.
     */
    stream: (
      id: string,
      { types, ...options }: FollowOptions & Pick<Query<'followExecution'>, 'types'> = {},
    ) =>
      follow<ExecutionEvent>(
        calls,
        (lastEventId) =>
          calls.open('followExecution', { path: { id }, query: { types, lastEventId }, ...opening(options) }),
        options,
      ),

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
      const execution = await deadline.keep(rest.signal, (signal) =>
        methods.submit(body, { wait }, { maxRetries: patientRetries, ...rest, signal, idempotencyKey }),
      );
      if (hasEnded(execution) && 'attempts' in execution) return execution;
      return waitForEnd(calls, execution.id, options, deadline);
    },
  };
}

/** What happens to all executions. */
export function eventsOf(calls: Calls) {
  return {
    /** Tells what happens to any execution from now on, until the signal is aborted or nobody reads on. */
    stream: (query: Omit<Query<'followExecutions'>, 'lastEventId'> = {}, options: FollowOptions = {}) =>
      follow<ExecutionEvent | GapEvent>(
        calls,
        (lastEventId) =>
          calls.open('followExecutions', { query: { ...query, lastEventId }, ...opening(options) }),
        options,
      ),
  };
}

/** Who follows decides for itself when to come again. */
function opening({ signal, headers }: FollowOptions): CallOptions {
  return { signal, headers: { accept: 'text/event-stream', ...headers }, maxRetries: 0 };
}
