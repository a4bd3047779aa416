import { descendantsOf, type ProcessId, useOf } from './rig/process-table.ts';
import type { Rig } from './rig/rig.ts';

export interface Sample {
  at: number;
  process: string;
  life: number;
  rssMb: number;
  openFiles: number;
}

export interface Sampler {
  readonly samples: readonly Sample[];
  /** Everything that processes of the product have ever started. */
  readonly descendants: readonly ProcessId[];
  /** The most connections to PostgreSQL that the product had at a time. */
  readonly maxConnections: number;
  stop(): void;
}

const intervalMs = 1_000;

/** Looks at the processes once a second: what they use, and what they have started. */
export function startSampler({ processes, db }: Rig): Sampler {
  const samples: Sample[] = [];
  const descendants = new Map<string, ProcessId>();
  const look = () => {
    for (const { lives } of processes) {
      const life = lives.at(-1);
      if (life === undefined || life.endedAt !== null) continue;
      const use = useOf(life.pid);
      if (use !== null) samples.push({ at: Date.now(), process: life.process, life: life.life, ...use });
      for (const one of [...life.descendants, ...descendantsOf(life.pid)])
        descendants.set(`${one.pid} ${one.startedAt}`, one);
    }
  };
  let maxConnections = 0;
  const count = async () => {
    const { rows } = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'formaops-%'`,
    );
    maxConnections = Math.max(maxConnections, rows[0]?.count ?? 0);
  };
  const timer = setInterval(() => {
    look();
    // The database may just be down.
    count().catch(() => undefined);
  }, intervalMs);
  return {
    samples,
    get descendants() {
      return [...descendants.values()];
    },
    get maxConnections() {
      return maxConnections;
    },
    stop: () => clearInterval(timer),
  };
}
