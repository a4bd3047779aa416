import type { LoadPlan } from './load-plan.ts';

/** 200 characters: what varies between users is the model's answer, not this. */
const text = 'Benchmarks send the same text every time. '.repeat(5).slice(0, 200);

/** The bytes of the n-th request. Made by joining three strings: the generator must be lighter than the server. */
export function requestTexts({ port, apiKey, promptId, run, model }: LoadPlan): (n: number) => string {
  const body = JSON.stringify({ promptId, inputs: { text }, ...(model !== undefined && { model }) });
  const head = [
    'POST /v1/executions HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${apiKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `idempotency-key: bench-${run}-`,
  ].join('\r\n');
  const tail = `\r\n\r\n${body}`;
  return (n) => head + n + tail;
}
