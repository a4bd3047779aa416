import {
  type BegunCall,
  type BreakerEvents,
  type Clock,
  createCircuitBreakers,
  createRetryBudget,
  defaultBreakerPolicy,
  type Logger,
} from '@formaops/core';
import type { CallResult, ModelProvider } from '@formaops/providers';
import { type CallVerdicts, judgeCall } from './call-verdicts.ts';

/** Calls that should not be made now: of one tenant to one model, or of everybody where the tenant is null. */
export interface Suspension {
  tenantId: string | null;
  model: string;
}

/** A bell that is being handled. When it is disposed of without a call having ended, nothing was learnt. */
export interface HandledBell extends Disposable {
  /** The provider, for one call of this tenant. */
  watch(provider: ModelProvider, tenantId: string): ModelProvider;
}

/** What this process has learnt about its provider, and what it does about it. */
export interface ProviderHealth {
  /** How long no execution should be claimed, in milliseconds; 0 unless the provider refuses our credential. */
  waitMs(): number;
  /** Before a claim: after a suspension the first bell is the one that tries. */
  handleBell(): HandledBell;
  /** What else should not be called now. */
  suspended(): Suspension[];
  /** A repeated attempt of this tenant with this model has started. */
  spendRetry(tenantId: string, model: string): void;
  /** Whose repeated attempts have to wait now, and with which models. */
  unfunded(): Array<{ tenantId: string; model: string }>;
}

/** The one credential of this process. */
const credential = 'credential';

/**
 * Watches the calls of this process. Refused credentials suspend everything. A model that fails is suspended for the
 * tenant whose calls fail, and for everybody only when the calls of several tenants do: some requests make some servers
 * fail each time, and whoever sends them must not stop the others.
 */
export function createProviderHealth({ clock, log }: { clock: Clock; log: Logger }): ProviderHealth {
  const budget = createRetryBudget(clock);
  const credentials = createCircuitBreakers(
    clock,
    told(log, () => ({ scope: 'credential' })),
  );
  const models = createCircuitBreakers(
    clock,
    told(log, (model) => ({ scope: 'model', model })),
    {
      ...defaultBreakerPolicy,
      minOtherCalls: 5,
    },
  );
  const tenants = createCircuitBreakers(
    clock,
    told(log, (key) => ({ scope: 'tenant', ...readKey(key) })),
  );

  function beginCall(tenantId: string, model: string): { end(verdicts: CallVerdicts): void } {
    const [shared, own] = [models.begin(model, tenantId), tenants.begin(writeKey(tenantId, model), tenantId)];
    return {
      end(verdicts) {
        if (verdicts.model === 'succeeded') budget.succeeded(writeKey(tenantId, model));
        shared.end(verdicts.model);
        own.end(verdicts.model);
      },
    };
  }

  return {
    waitMs: () => credentials.waitMs(credential),
    handleBell() {
      const bell = credentials.begin(credential, '');
      return {
        watch: (provider, tenantId) => watched(provider, bell, (model) => beginCall(tenantId, model)),
        [Symbol.dispose]: () => bell.end('neither'),
      };
    },
    suspended: () => [
      ...models.suspended().map((model) => ({ tenantId: null, model })),
      ...tenants.suspended().map(readKey),
    ],
    spendRetry: (tenantId, model) => budget.spend(writeKey(tenantId, model)),
    unfunded: () => budget.empty().map(readKey),
  };
}

function watched(
  provider: ModelProvider,
  bell: BegunCall,
  beginCall: (model: string) => { end(verdicts: CallVerdicts): void },
): ModelProvider {
  return {
    async call(call) {
      const begun = beginCall(call.model);
      const onFirstToken = () => {
        // An answer may take minutes; who waits for the credential need not wait for its end.
        bell.end('succeeded');
        call.onFirstToken?.();
      };
      const result: CallResult = await provider.call({ ...call, onFirstToken });
      const verdicts = judgeCall(result);
      bell.end(verdicts.credential);
      begun.end(verdicts);
      return result;
    },
    close: provider.close,
  };
}

function told(log: Logger, fieldsOf: (key: string) => object): BreakerEvents {
  const { openMs } = defaultBreakerPolicy;
  return {
    onOpen: (key, counts) => log.warn({ ...fieldsOf(key), ...counts, openMs }, 'model calls suspended'),
    onClose: (key) => log.info(fieldsOf(key), 'model calls resumed'),
  };
}

/** PostgreSQL stores no NUL, so neither an id nor a model has one. */
function writeKey(tenantId: string, model: string): string {
  return `${tenantId}\0${model}`;
}

function readKey(key: string): { tenantId: string; model: string } {
  const [tenantId = '', model = ''] = key.split('\0');
  return { tenantId, model };
}
