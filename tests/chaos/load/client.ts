import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BadRequest, Flaw, Operation, Submission } from '../plan/operations.ts';
import type { Pressure } from '../profiles.ts';
import type { Rig } from '../rig/rig.ts';
import { chaosModel } from '../rig/settings.ts';
import { type Exchange, isAcked } from './exchange.ts';

/** How long a client waits for an answer, in milliseconds. */
const patienceMs = 10_000;
/** Between two tries of a client that did not get an answer, in milliseconds. */
const retryPauseMs = 700;

export interface Client {
  /** Sends everything at its time, however slow the answers are. Fulfilled when the last one is answered. */
  run(operations: readonly Operation[], startedAt: number): Promise<void>;
  /** Tells clients that are trying again that this is their last try. */
  giveUp(): void;
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

interface Wanted {
  ordinal: number;
  tenant: number;
  kind: Exchange['kind'];
  key?: string | null;
  /** Of a cancellation. */
  executionId?: string | null;
  path: string;
  body: string;
}

/** Appears in every prompt and may appear in no log. */
export function canaryOf(seed: number): string {
  return `canary-${seed}-do-not-log`;
}

export function createClient(rig: Rig, pressure: Pressure, seed: number): Client {
  const exchanges: Exchange[] = [];
  const file = createWriteStream(join(rig.dir, 'client.jsonl'));
  let isLastTry = false;

  const send = async (wanted: Wanted): Promise<Exchange> => {
    const exchange = await exchangeWith(rig, wanted);
    exchanges.push(exchange);
    file.write(`${JSON.stringify(exchange)}\n`);
    return exchange;
  };
  const submit = async (operation: Submission): Promise<void> => {
    const key = operation.idempotency === 'none' ? null : `${seed}-${operation.ordinal}`;
    const wanted: Wanted = { ...requestOf(operation, rig, pressure, seed), key };
    const isDouble = operation.idempotency === 'parallel';
    const [first] = await Promise.all([send(wanted), isDouble ? send(wanted) : undefined]);
    let last = first;
    while (key !== null && !isSettled(last) && !isLastTry) {
      await sleep(retryPauseMs);
      last = await send(wanted);
    }
    if (operation.idempotency === 'resend' && isAcked(last)) await send(wanted);
    if (isAcked(last)) await cancelLater(operation, last);
  };
  const cancelLater = async ({ ordinal, tenant, cancelAfterMs }: Submission, { executionId }: Exchange) => {
    if (cancelAfterMs === null) return;
    await sleep(cancelAfterMs);
    const path = `/v1/executions/${executionId}/cancel`;
    await send({ ordinal, tenant, kind: 'cancel', executionId, path, body: '' });
  };

  return {
    exchanges,
    async run(operations, startedAt) {
      const underWay: Array<Promise<unknown>> = [];
      for (const operation of operations) {
        const waitMs = startedAt + operation.atMs - Date.now();
        if (waitMs > 0) await sleep(waitMs);
        underWay.push(
          operation.kind === 'submit'
            ? submit(operation)
            : send(badRequestOf(operation, rig, pressure, seed)),
        );
      }
      await Promise.all(underWay);
    },
    giveUp() {
      isLastTry = true;
    },
    close: () => closeFile(file),
  };
}

/** A refusal is an answer, too; asking again would not change it. */
function isSettled({ status }: Exchange): boolean {
  return status !== null && status < 500;
}

async function exchangeWith(rig: Rig, wanted: Wanted): Promise<Exchange> {
  const { ordinal, tenant, kind, key = null, executionId = null } = wanted;
  const seen = { ordinal, tenant, kind, key, executionId, startedAt: Date.now() };
  try {
    const response = await fetch(rig.apiUrl + wanted.path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${rig.tenants[tenant]?.apiKey}`,
        'content-type': 'application/json',
        ...(key !== null && { 'idempotency-key': key }),
      },
      body: wanted.body,
      signal: AbortSignal.timeout(patienceMs),
    });
    const body = (await response.json()) as { id?: string; code?: string };
    const replayed = response.headers.get('idempotent-replayed') === 'true';
    const told = { code: body.code ?? null, executionId: body.id ?? executionId, replayed };
    return { ...seen, endedAt: Date.now(), status: response.status, ...told };
  } catch (error) {
    return { ...seen, endedAt: Date.now(), status: null, code: reasonOf(error), replayed: false };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]);
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.name;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

type Body = Record<string, unknown>;

function requestOf(operation: Submission, rig: Rig, pressure: Pressure, seed: number): Wanted {
  const { ordinal, tenant } = operation;
  const body = JSON.stringify(soundBody(operation, rig, pressure, seed));
  return { ordinal, tenant, kind: 'submit', path: '/v1/executions', body };
}

function soundBody(
  { ordinal, tenant, prompt, priority, faults }: Omit<Submission, 'kind'>,
  rig: Rig,
  { timeoutMs, deadlineMs }: Pressure,
  seed: number,
): Body {
  const text = JSON.stringify({ ordinal, answerId: 'ANSWER_ID', secret: canaryOf(seed) });
  return {
    promptId: rig.tenants[tenant]?.prompts[prompt],
    inputs: { text },
    context: { ordinal },
    priority,
    model: `${chaosModel}:${faults}`,
    timeoutMs,
    deadlineMs,
  };
}

function badRequestOf(
  { ordinal, tenant, flaw }: BadRequest,
  rig: Rig,
  pressure: Pressure,
  seed: number,
): Wanted {
  const sound = soundBody(
    {
      ordinal,
      tenant,
      prompt: 'plain',
      priority: 'NORMAL',
      faults: 'echo',
      atMs: 0,
      idempotency: 'none',
      cancelAfterMs: null,
    },
    rig,
    pressure,
    seed,
  );
  const foreign = rig.tenants[(tenant + 1) % rig.tenants.length]?.prompts.plain;
  const body = flaw === 'notJson' ? `${JSON.stringify(sound)}}` : JSON.stringify(spoil[flaw](sound, foreign));
  return { ordinal, tenant, kind: 'bad', path: '/v1/executions', body };
}

const spoil: Record<Exclude<Flaw, 'notJson'>, (sound: Body, foreign: string | undefined) => Body> = {
  noInput: (sound) => ({ ...sound, inputs: {} }),
  wrongInputType: (sound) => ({ ...sound, inputs: { text: [1] } }),
  unknownField: (sound) => ({ ...sound, surprise: true }),
  foreignPrompt: (sound, foreign) => ({ ...sound, promptId: foreign }),
  unknownPriority: (sound) => ({ ...sound, priority: 'URGENT' }),
  timeoutOfZero: (sound) => ({ ...sound, timeoutMs: 0 }),
};

function closeFile(file: WriteStream): Promise<void> {
  return new Promise((resolve) => file.end(() => resolve()));
}
