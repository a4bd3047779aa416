import { errorOf, FormaOpsError } from './errors.ts';
import { routes } from './generated/routes.ts';
import type { FormaOpsOptions } from './options.ts';
import { type Page, Pages } from './pages.ts';
import { type Complete, prepare, type Sent } from './prepare.ts';
import { canRetry, retryDelayMs, sleep } from './retry.ts';
import type { Entry, OperationId, Request, Result } from './types.ts';

/** What resources make their calls with. */
export class Calls {
  readonly #options: Complete;

  /** @throws TypeError without a key that can be one, or an address, as when a variable of the environment is not set. */
  constructor(options: FormaOpsOptions) {
    const { baseUrl } = options;
    const apiKey = options.apiKey?.trim();
    if (!apiKey) throw new TypeError('apiKey is missing');
    // `fetch` would say the same, and repeat the key.
    if (!/^[!-~]+$/.test(apiKey)) throw new TypeError('apiKey holds characters that no key has');
    if (!baseUrl) throw new TypeError('baseUrl is missing');
    this.#options = { ...options, apiKey, baseUrl };
  }

  /**
   * Makes a call, again where that may help and does no harm.
   *
   * @throws FormaOpsError the last attempt's; the signal's reason when it was aborted.
   */
  call<Id extends OperationId>(id: Id, request: Request<Id> = {}): Promise<Result<Id>> {
    return this.#withRetries(id, request, (sent) => this.#attempt(sent)) as Promise<Result<Id>>;
  }

  /** A list that is fetched as far as it is read. */
  list<Id extends OperationId>(id: Id, request: Request<Id> = {}): Pages<Entry<Id>> {
    return new Pages((cursor) => {
      const query = cursor === undefined ? request.query : { ...request.query, cursor };
      return this.call(id, { ...request, query } as Request<Id>) as Promise<Page<Entry<Id>>>;
    });
  }

  /** Gets the beginning of an answer whose body goes on until the signal is aborted or the other side ends it. */
  open<Id extends OperationId>(id: Id, request: Request<Id> = {}): Promise<Response> {
    return this.#withRetries(id, request, (sent) => this.#connect(sent));
  }

  /** Waits before another attempt. */
  pause(retries: number, retryAfterMs: number | null, signal?: AbortSignal): Promise<void> {
    const { random = Math.random } = this.#options;
    return sleep(retryDelayMs(retries, retryAfterMs, random()), signal);
  }

  async #withRetries<Id extends OperationId, T>(
    id: Id,
    request: Request<Id>,
    attempt: (sent: Sent) => Promise<T>,
  ): Promise<T> {
    const sent = prepare(this.#options, routes[id], request);
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(sent);
      } catch (error) {
        if (retries >= sent.maxRetries || !canRetry(error, sent.mayRepeat)) throw error;
        await this.pause(retries, error.retryAfterMs, sent.signal);
      }
    }
  }

  async #attempt(sent: Sent): Promise<unknown> {
    const timeout = AbortSignal.timeout(sent.timeoutMs);
    try {
      const response = await this.#send(sent, timeout);
      return response.status === 204 ? undefined : await resultOf(response);
    } catch (error) {
      throw explain(error, sent.signal, timeout);
    }
  }

  /** As an attempt, but the time ends with the headers. */
  async #connect(sent: Sent): Promise<Response> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), sent.timeoutMs);
    try {
      return await this.#send(sent, timeout.signal);
    } catch (error) {
      throw explain(error, sent.signal, timeout.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns an answer that is no error. */
  async #send({ address, init, signal, onAnswer }: Sent, timeout: AbortSignal): Promise<Response> {
    const { fetch = globalThis.fetch } = this.#options;
    const response = await fetch(address, {
      ...init,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    onAnswer?.(response);
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

/** @throws FormaOpsError `UNEXPECTED_ANSWER` when it is no JSON; what breaks off is no answer at all. */
async function resultOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { status, headers } = response;
    const requestId = headers.get('x-request-id');
    const message = 'The answer is no JSON document';
    throw new FormaOpsError({ code: 'UNEXPECTED_ANSWER', message, status, requestId, cause });
  }
}

function explain(error: unknown, signal: AbortSignal | undefined, timeout: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof FormaOpsError) return error;
  if (timeout.aborted) {
    return new FormaOpsError({ code: 'TIMEOUT', message: 'The answer did not come in time', cause: error });
  }
  return new FormaOpsError({ code: 'NETWORK_ERROR', message: 'No answer came', cause: error });
}
