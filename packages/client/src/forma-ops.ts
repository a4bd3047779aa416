import { Calls } from './calls.ts';
import { eventsOf, executionsOf } from './executions.ts';
import { Resources } from './generated/methods.ts';
import type { FormaOpsOptions } from './options.ts';
import type { OperationId, Request, Result } from './types.ts';

/** A FormaOps API, as one user sees it. */
export class FormaOps extends Resources {
  override readonly executions: ReturnType<typeof executionsOf>;
  readonly events: ReturnType<typeof eventsOf>;
  readonly #calls: Calls;

  constructor(options: FormaOpsOptions) {
    const calls = new Calls(options);
    super(calls);
    this.#calls = calls;
    this.executions = executionsOf(calls);
    this.events = eventsOf(calls);
  }

  /** Makes a call by the id that the operation has in the OpenAPI document. */
  request<Id extends OperationId>(id: Id, request: Request<Id> = {}): Promise<Result<Id>> {
    return this.#calls.call(id, request);
  }
}
