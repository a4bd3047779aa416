import type { Execution } from '@formaops/core';
import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { createRinger } from './ringer.ts';

const execution = (id: string) =>
  ({ id, priority: 'NORMAL', createdAt: new Date(0), runAt: null }) as Partial<Execution> as Execution;

/** A ringer whose queue answers when a test says so. */
function setup() {
  const answers: Array<PromiseWithResolvers<void>> = [];
  const noted: string[] = [];
  const takenBack: string[] = [];
  const log = recordingLog();
  const ringer = createRinger({
    producer: {
      ring() {
        const answer = Promise.withResolvers<void>();
        answers.push(answer);
        return answer.promise;
      },
    },
    ringReceipts: {
      note: (ids) => void noted.push(...ids),
      takeBack: (ids) => void takenBack.push(...ids),
    },
    failpoint: () => undefined,
    log,
  });
  const ring = (id: string, isTakenForRung = false) => ringer.ring(execution(id), { isTakenForRung });
  return { ringer, ring, answers, noted, takenBack, log };
}

const isPending = async (promise: Promise<unknown>) => {
  const pending = Symbol();
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
};

describe('the bell of what was submitted', () => {
  it('keeps nobody waiting, and is noted when it was rung', async () => {
    const { ring, answers, noted } = setup();
    await ring('one');
    expect(noted).toEqual([]);
    answers[0]?.resolve();
    await new Promise(setImmediate);
    expect(noted).toEqual(['one']);
  });

  it('is waited for while the queue still has many others to take', async () => {
    const { ring, answers } = setup();
    await Promise.all(Array.from({ length: 500 }, (_, index) => ring(String(index))));
    const late = ring('late');
    expect(await isPending(late)).toBe(true);
    answers.at(-1)?.resolve();
    await late;
    answers[0]?.resolve();
    await new Promise(setImmediate);
    await ring('next');
  });

  it.each([
    ['looked for by workers, when the row does not say that it was rung', false, []],
    ['taken back, when the row says so', true, ['one']],
  ])('that cannot be rung is logged and %s', async (_, isTakenForRung, takenBack) => {
    const fixture = setup();
    await fixture.ring('one', isTakenForRung);
    fixture.answers[0]?.reject(new Error('away'));
    await new Promise(setImmediate);
    expect(fixture.log.lines).toMatchObject([{ message: 'bell not rung', fields: { executionId: 'one' } }]);
    expect(fixture).toMatchObject({ noted: [], takenBack });
  });

  it('is waited for at the end', async () => {
    const { ringer, ring, answers, noted } = setup();
    await Promise.all([ring('one'), ring('two')]);
    const stopped = ringer.stop();
    answers[0]?.resolve();
    expect(await isPending(stopped)).toBe(true);
    answers[1]?.reject(new Error('away'));
    await stopped;
    expect(noted).toEqual(['one']);
    await ringer.stop();
  });
});
