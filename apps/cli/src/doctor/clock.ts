import type { Finding } from './finding.ts';

/** Leases last 30 seconds, and webhooks are refused with a time that is minutes off. */
const worryingMs = 5_000;

/** Compares another clock with ours; answers take a moment, so a second says nothing. */
export function describeClock(subject: string, theirs: Date, ours = new Date()): Finding {
  const offMs = Math.abs(theirs.getTime() - ours.getTime());
  const seconds = `${(offMs / 1_000).toFixed(1)} s`;
  if (offMs < worryingMs)
    return { subject, state: 'ok', detail: `its clock agrees with this machine's (${seconds})` };
  const advice = 'Let NTP set both clocks.';
  return { subject, state: 'warning', detail: `its clock is ${seconds} off this machine's`, advice };
}
