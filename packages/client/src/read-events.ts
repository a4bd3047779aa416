import { FormaOpsError } from './errors.ts';
import type { ServerSentEvent, SseParser } from './sse.ts';

/** The API says something every 15 seconds; a line that is silent for so long is dead, in milliseconds. */
const silenceMs = 45_000;

/**
 * Reads the events of an answer until the other side ends it; gives up the answer when nobody wants more.
 *
 * @throws FormaOpsError `NETWORK_ERROR` when the line breaks or dies.
 */
export async function* readEvents(
  response: Response,
  parser: SseParser,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const chunk = await spoken(reader?.read());
      if (chunk === undefined || chunk.done) return;
      yield* parser.push(decoder.decode(chunk.value, { stream: true }));
    }
  } catch (error) {
    if (error instanceof FormaOpsError) throw error;
    throw new FormaOpsError({ code: 'NETWORK_ERROR', message: 'The line broke', cause: error });
  } finally {
    // What has ended or broken cannot be cancelled any more, and need not be.
    reader?.cancel().catch(() => undefined);
  }
}

async function spoken<T>(read: Promise<T> | undefined): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    const error = new FormaOpsError({ code: 'NETWORK_ERROR', message: 'The line is dead' });
    timer = setTimeout(() => reject(error), silenceMs);
  });
  try {
    return await Promise.race([read, silence]);
  } finally {
    clearTimeout(timer);
  }
}
