/**
 * A process: so many connections, each sending its next request as soon as the last one is answered. It shows how much a
 * server can take; how long a request takes that comes by itself is what open-loop.ts measures.
 */
import { openConnection } from './http-connection.ts';
import { requestTexts } from './request-text.ts';
import { createTally, readPlan } from './tally.ts';

process.on('disconnect', () => process.exit());

const plan = readPlan();
const requestText = requestTexts(plan);
const tally = createTally();
const count = plan.count ?? Number.POSITIVE_INFINITY;
let sent = 0;
let stopped = false;
let failures = 0;

const lanes = Array.from({ length: plan.connections ?? 64 }, () => lane());
process.send?.({ ready: true });
if (plan.warmUpSeconds > 0) setTimeout(tally.begin, plan.warmUpSeconds * 1_000);
else tally.begin();
if (plan.seconds !== undefined) {
  setTimeout(
    () => {
      tally.end();
      stopped = true;
    },
    (plan.warmUpSeconds + plan.seconds) * 1_000,
  );
}
await Promise.all(lanes);
tally.end();
process.send?.({ result: tally.result() }, () => process.exit());

function lane(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let connection = openConnection(plan.port);
  const next = () => {
    if (stopped || sent >= count) {
      connection.close();
      return resolve();
    }
    sent += 1;
    const startedAt = performance.now();
    connection.send(requestText(sent), ({ status }) => {
      tally.note(status, performance.now() - startedAt);
      if (status === 0) {
        failures += 1;
        if (failures > 1_000) return reject(new Error('the server breaks its connections'));
        connection = openConnection(plan.port);
      }
      next();
    });
  };
  next();
  return promise;
}
