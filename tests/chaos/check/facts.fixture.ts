import type { Facts } from './facts.ts';
import { costOf, roundToMicros, toUsd } from './money.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
const digest = '0123456789abcdef0123456789abc';
const cost = costOf(18, 25);

/** A run of one execution in which everything is as it must be. Each call makes its own. */
export function soundFacts() {
  const facts = {
    operations: [
      {
        kind: 'submit' as const,
        ordinal: 1,
        atMs: 0,
        tenant: 0,
        prompt: 'plain' as const,
        priority: 'NORMAL' as const,
        faults: 'echo,sign',
        idempotency: 'key' as const,
        cancelAfterMs: null,
      },
    ],
    exchanges: [
      {
        ordinal: 1,
        tenant: 0,
        kind: 'submit' as 'submit' | 'bad' | 'cancel',
        key: 'k1' as string | null,
        startedAt: at(0).getTime(),
        endedAt: at(0).getTime() + 20,
        status: 202 as number | null,
        code: null as string | null,
        executionId: 'e1' as string | null,
        replayed: false,
      },
    ],
    executions: [
      {
        id: 'e1',
        userId: 'noisy',
        ordinal: 1 as number | null,
        status: 'COMPLETED' as Facts['executions'][number]['status'],
        priority: 'NORMAL' as const,
        attempt: 1,
        maxAttempts: 3,
        crashAttempts: 0,
        finishedToken: 't1' as string | null,
        output: `{"answerId":"chatcmpl-${digest}"}` as string | null,
        costUsd: toUsd(roundToMicros(cost)) as string | null,
        spentUsd: toUsd(cost) as string | null,
        errorCode: null,
        createdAt: at(0),
        startedAt: at(1) as Date | null,
        completedAt: at(2) as Date | null,
      },
    ],
    attempts: [
      {
        executionId: 'e1',
        attempt: 1,
        token: 't1',
        workerId: 'worker-1.1',
        startedAt: at(1),
        endedAt: at(2),
        outcome: 'SUCCEEDED' as Facts['attempts'][number]['outcome'],
        providerRequestId: `req_${digest}def` as string | null,
        inputTokens: 18,
        outputTokens: 25,
        costUsd: toUsd(cost) as string | null,
      },
    ],
    calls: [
      {
        order: 1,
        idempotencyKey: 'e1-1',
        attempt: 1,
        model: 'gpt-4o-mini',
        stream: true,
        outcome: 'answered' as const,
        usage: null,
      },
    ],
    faults: [] as Facts['faults'][number][],
    lives: [] as Facts['lives'][number][],
    quiescence: {
      afterMs: 10 as number | null,
      stuck: [] as Array<Record<string, unknown>>,
      queue: { waiting: 0, delayed: 0, active: 0, completed: 1, failed: 0 },
    },
    sightings: [
      { executionId: 'e1', isOwner: true, status: 200 },
      { executionId: 'e1', isOwner: false, status: 404 },
    ],
    logs: {
      secrets: [] as string[],
      unhandled: [] as string[],
      fencedWrites: 0,
      rescued: 0,
      expired: 0,
      rung: 0,
      locksLost: 0,
      stalledBells: 0,
    },
    leaks: [] as string[],
    survivors: [] as Facts['survivors'][number][],
    tenants: ['noisy', 'quiet'],
  };
  return facts satisfies Facts;
}

export type SoundFacts = ReturnType<typeof soundFacts>;
