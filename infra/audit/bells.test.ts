import type { OpenWork } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { checkBells } from './bells.ts';

const idle: OpenWork = { open: 0, idleMs: 3_600_000, hasCancelledAhead: false };

/** Looks at a queue that has so many bells of one state, the next look so many, and so on. */
async function check(state: 'waiting' | 'active' | 'delayed' | 'completed', looks: number[], work = idle) {
  const none = { waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 };
  const counts = [...looks];
  let waits = 0;
  const report = await checkBells(
    {
      countBells: async () => ({ ...none, [state]: counts.length > 1 ? counts.shift() : counts[0] }),
      findOpenWork: async () => work,
    },
    async () => {
      waits += 1;
    },
  );
  return { ...report, waits };
}

describe('checkBells', () => {
  it('is content with an empty queue, and with what is kept of bells that rang', async () => {
    expect(await check('waiting', [0])).toMatchObject({ violations: 0, offenders: [], waits: 0 });
    expect(await check('completed', [100])).toMatchObject({ violations: 0, waits: 0 });
  });

  it.each(['waiting', 'active', 'delayed'] as const)('reports bells that stay %s', async (state) => {
    expect(await check(state, [2])).toMatchObject({
      id: 'I10',
      violations: 2,
      offenders: [`2 bells are ${state}, and no execution is open`],
      waits: 5,
    });
  });

  it('waits a moment for a worker to be done with them', async () => {
    expect(await check('active', [2, 1, 0])).toMatchObject({ violations: 0, waits: 2 });
  });

  it('lets bells be while an execution is open', async () => {
    const report = await check('waiting', [2], { ...idle, open: 1 });
    expect(report).toMatchObject({ violations: 0, open: 1, bells: { waiting: 2 }, waits: 0 });
  });

  it('lets a delayed one be until its time has come for sure', async () => {
    expect(await check('delayed', [1], { ...idle, idleMs: 60_000 })).toMatchObject({ violations: 0 });
    expect(await check('delayed', [1], { ...idle, idleMs: null })).toMatchObject({ violations: 1 });
    expect(await check('delayed', [1], { ...idle, hasCancelledAhead: true })).toMatchObject({
      violations: 0,
    });
  });
});
