import { FormaOps, FormaOpsError } from '@formaops/client';
import type { ApiSettings } from '../settings.ts';
import { describeClock } from './clock.ts';
import { type Check, type Finding, reasonOf } from './finding.ts';

const subject = 'API';
const patienceMs = 5_000;

/** Whether the API answers, is ready, takes the key, and has the right time. */
export function checkApi({ apiUrl, apiKey }: ApiSettings): Check {
  return async () => {
    try {
      const begunAt = performance.now();
      const response = await fetch(new URL('/health/ready', apiUrl), {
        signal: AbortSignal.timeout(patienceMs),
      });
      const tookMs = Math.round(performance.now() - begunAt);
      const findings = [await describeHealth(response, apiUrl, tookMs)];
      const date = response.headers.get('date');
      if (date !== null) findings.push(describeClock(subject, new Date(date)));
      return [...findings, await checkKey(apiUrl, apiKey)];
    } catch (error) {
      const advice = 'Is it running, and is FORMAOPS_API_URL right? npm start starts everything here.';
      return [{ subject, state: 'problem', detail: `${apiUrl} does not answer: ${reasonOf(error)}`, advice }];
    }
  };
}

async function describeHealth(response: Response, apiUrl: string, tookMs: number): Promise<Finding> {
  const body: unknown = await response.json().catch(() => null);
  const health = typeof body === 'object' && body !== null ? body : {};
  const status = 'status' in health ? String(health.status) : 'unknown';
  if (response.ok && status === 'ready') {
    const queueIsUp = !('queue' in health) || health.queue === 'up';
    if (queueIsUp) return { subject, state: 'ok', detail: `${apiUrl} is ready (${tookMs} ms)` };
    const detail = `${apiUrl} takes executions, but its queue is down`;
    return { subject, state: 'warning', detail, advice: 'They run when the queue is back.' };
  }
  const advice = 'What answers there is not ready, or not FormaOps; its log says why.';
  return { subject, state: 'problem', detail: `${apiUrl} answers ${response.status}, ${status}`, advice };
}

async function checkKey(baseUrl: string, apiKey: string): Promise<Finding> {
  try {
    const client = new FormaOps({ baseUrl, apiKey, maxRetries: 0, timeoutMs: patienceMs });
    const { user, key } = await client.request('getMe');
    const detail = `the key “${key.name}” is ${user.email}’s (${user.plan}; ${key.scopes.join(', ')})`;
    return { subject, state: 'ok', detail };
  } catch (error) {
    const isRefused = error instanceof FormaOpsError && error.status === 401;
    const advice = isRefused
      ? 'Use an active key; formaops users key <email> issues one.'
      : 'The log of the API says why.';
    const detail = `the key cannot be used: ${error instanceof FormaOpsError ? error.code : reasonOf(error)}`;
    return { subject, state: 'problem', detail, advice };
  }
}
