import { recordingLog } from '@formaops/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createFlusher } from './flusher.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function setup() {
  const log = recordingLog();
  const flush = jest.fn(async () => undefined);
  return { log, flush, flusher: createFlusher(1_000, log, flush) };
}

describe('createFlusher', () => {
  it('flushes in intervals once it is started, and not before', async () => {
    const { flush, flusher } = setup();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(flush).not.toHaveBeenCalled();
    flusher.start();
    await jest.advanceTimersByTimeAsync(3_000);
    expect(flush).toHaveBeenCalledTimes(3);
    await flusher.stop();
  });

  it('flushes once more when it stops, then never again', async () => {
    const { flush, flusher } = setup();
    flusher.start();
    await flusher.stop();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(flush).toHaveBeenCalledTimes(1);
  });

  it('goes on after a failure, and stops in spite of one', async () => {
    const { log, flush, flusher } = setup();
    flush.mockRejectedValue(new Error('database away'));
    flusher.start();
    await jest.advanceTimersByTimeAsync(2_000);
    await flusher.stop();
    expect(flush).toHaveBeenCalledTimes(3);
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual(
      Array(3).fill('warn note not written'),
    );
  });
});
