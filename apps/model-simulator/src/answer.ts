import { ApiError, WRONG_KEY } from './api-error.ts';
import type { ReceivedCall } from './call-log.ts';
import { parseChatRequest } from './chat-request.ts';
import { digestOf } from './completion.ts';
import { attemptOf, type Faults, faultsAt, parseFaults, splitModel } from './faults.ts';
import { errorPayload, type Payload, payloadOf } from './payload.ts';

/** Everything that decides an answer: the same input gives the same answer. */
export interface AnswerInput {
  body: unknown;
  /** The `x-simulator-fault` header: faults beside those of the model name. */
  faultHeader: string | null;
  idempotencyKey: string | null;
  isAuthorised: boolean;
}

/** What is sent, and how. */
export interface Answer extends Payload {
  /** What the log of calls says about the request. */
  call: ReceivedCall;
  requestId: string;
  /** After the last piece: end well, say nothing more, or cut the connection. */
  ending: 'end' | 'stall' | 'cut';
  latencyMs: number;
  dripMs: number;
}

type Delivery = Pick<Answer, 'ending' | 'latencyMs' | 'dripMs'>;

/** Decides the answer to a request for a completion. A wrong request is answered too, nothing is thrown for it. */
export function decideAnswer(input: AnswerInput): Answer {
  const { idempotencyKey } = input;
  const digest = digestOf([input.body, input.faultHeader, idempotencyKey]);
  const requestId = `req_${digest.slice(0, 32)}`;
  const received = { idempotencyKey, attempt: attemptOf(idempotencyKey) };
  try {
    if (!input.isAuthorised) throw new ApiError(401, WRONG_KEY);
    const request = parseChatRequest(input.body);
    const { base, faultList } = splitModel(request.model);
    const faults = faultsAt(received.attempt, parseFaults(`${faultList},${input.faultHeader ?? ''}`));
    const call = { ...received, model: base, stream: request.stream === true };
    return { call, requestId, ...deliver(payloadOf(request, base, faults, digest), faults) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const call = { ...received, model: null, stream: false };
    return { call, requestId, ...deliver(errorPayload(error, 'refused', {}), {}) };
  }
}

function deliver(payload: Payload, faults: Faults): Payload & Delivery {
  const delivery: Delivery = { ending: 'end', latencyMs: faults.latency ?? 0, dripMs: faults.drip ?? 0 };
  if (faults.hang) return breakOff(payload, { ...delivery, ending: 'stall' }, 0);
  const half = Math.floor(payload.pieces.length / 2);
  if (faults.stall) return breakOff(payload, { ...delivery, ending: 'stall' }, half);
  if (faults.cut) return breakOff(payload, { ...delivery, ending: 'cut' }, half);
  if (faults.truncate) return breakOff(payload, delivery, half);
  return { ...payload, ...delivery };
}

function breakOff(payload: Payload, delivery: Delivery, keep: number): Payload & Delivery {
  return { ...payload, ...delivery, pieces: payload.pieces.slice(0, keep), outcome: 'faulted', usage: null };
}
