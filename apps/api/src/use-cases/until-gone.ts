import type { EventStream } from '../events/event-stream.ts';

/** Lets go of something when a stream is over. */
export function untilGone({ closed }: EventStream, held: Disposable): void {
  if (closed.aborted) held[Symbol.dispose]();
  else closed.addEventListener('abort', () => held[Symbol.dispose](), { once: true });
}
