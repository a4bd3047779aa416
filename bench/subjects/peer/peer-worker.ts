import { hostname } from 'node:os';
import { onShutdown } from '@formaops/runtime';
import { peerLog } from './peer-log.ts';

/** Names the process in the rows it writes. */
export const peerWorkerId = `${hostname()}-${process.pid}`;

/** Says that the worker is ready, and ends it in good order. */
export function runPeerWorker(stop: () => Promise<void>): void {
  onShutdown(stop, { hardLimitMs: 8_000, log: peerLog });
  process.send?.({ ready: true });
}
