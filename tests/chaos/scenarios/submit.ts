import type { Rig } from '../rig/rig.ts';
import { chaosModel } from '../rig/settings.ts';

export interface Submitted {
  /** Null: no answer. */
  status: number | null;
  id: string | null;
}

export interface SubmitOptions {
  /** What the provider does, in the words of the model simulator. */
  faults?: string;
  key?: string;
  tenant?: number;
  timeoutMs?: number;
  text?: string;
}

const patienceMs = 10_000;

/** Submits one execution. Without an answer, the status is null. */
export async function submit(rig: Rig, options: SubmitOptions = {}): Promise<Submitted> {
  const { faults = 'latency=20,echo,sign', key, tenant = 0, timeoutMs = 60_000 } = options;
  const user = rig.tenants[tenant];
  const body = {
    promptId: user?.prompts.plain,
    inputs: { text: options.text ?? 'ANSWER_ID' },
    model: `${chaosModel}:${faults}`,
    timeoutMs,
  };
  try {
    const response = await fetch(`${rig.apiUrl}/v1/executions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${user?.apiKey}`,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    const { id = null } = (await response.json()) as { id?: string };
    return { status: response.status, id: response.status === 202 ? id : null };
  } catch {
    return { status: null, id: null };
  }
}

/** Submits many, a few at a time. @returns the ids of the accepted ones. */
export async function submitMany(
  rig: Rig,
  count: number,
  optionsOf: (index: number) => SubmitOptions,
): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const { id } = await submit(rig, optionsOf(index));
      if (id !== null) ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return ids;
}

/** @returns the status of the answer; null: no answer. */
export async function cancel(rig: Rig, id: string, tenant = 0): Promise<number | null> {
  try {
    const response = await fetch(`${rig.apiUrl}/v1/executions/${id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${rig.tenants[tenant]?.apiKey}` },
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}
