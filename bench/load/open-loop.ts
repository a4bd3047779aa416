/**
 * A process: requests at a fixed rate, each sent when it is due, whatever became of those before, on as many connections
 * as that takes. The latency counts from when a request was due, so that a server that hangs cannot hide the requests
 * that it kept from being sent.
 */
import { type HttpConnection, openConnection } from './http-connection.ts';
import { requestTexts } from './request-text.ts';
import { createTally, nowMs, readPlan } from './tally.ts';

process.on('disconnect', () => process.exit());

const plan = readPlan();
const requestText = requestTexts(plan);
const tally = createTally();
const gapMs = 1_000 / (plan.ratePerSecond ?? 50);
const idle: HttpConnection[] = [];
const submissions: { id: string; atMs: number }[] = [];
const total = Math.round(((plan.warmUpSeconds + (plan.seconds ?? 10)) * 1_000) / gapMs);
const warmUp = Math.round((plan.warmUpSeconds * 1_000) / gapMs);

process.send?.({ ready: true });
const startMs = nowMs();
let answered = 0;
const everyAnswer = Promise.withResolvers<void>();

for (let n = 0; n < total; n += 1) {
  const dueMs = startMs + n * gapMs;
  await until(dueMs);
  if (n === warmUp) tally.begin();
  submit(n, dueMs);
}
await everyAnswer.promise;
tally.end();
process.send?.({ result: { ...tally.result(), submissions } }, () => process.exit());

function submit(n: number, dueMs: number): void {
  const connection = idle.pop() ?? openConnection(plan.port);
  connection.send(requestText(n), ({ status, body }) => {
    if (n >= warmUp) {
      tally.note(status, nowMs() - dueMs);
      if (status === 202) submissions.push({ id: String(JSON.parse(body).id), atMs: dueMs });
    }
    if (!connection.isBroken()) idle.push(connection);
    answered += 1;
    if (answered === total) everyAnswer.resolve();
  });
}

/** A timer comes up to a millisecond late, so the last one is spent looking at the clock. */
async function until(dueMs: number): Promise<void> {
  const waitMs = dueMs - nowMs() - 1.5;
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  while (nowMs() < dueMs) await new Promise((resolve) => setImmediate(resolve));
}
