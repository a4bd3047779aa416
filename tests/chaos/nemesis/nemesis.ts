import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable } from '@formaops/db';
import type { Fault, FaultKind } from '../plan/faults.ts';
import type { Rig } from '../rig/rig.ts';

/** A fault as it was really done. */
export interface DoneFault extends Fault {
  startedAt: number;
  endedAt: number;
}

export interface Nemesis {
  /** Does everything at its time. Fulfilled when the last fault is over. */
  run(faults: readonly Fault[], startedAt: number): Promise<void>;
  readonly done: readonly DoneFault[];
}

/** One way, each way: both directions wait so long. */
const slowMs = 250;

export function createNemesis(rig: Rig): Nemesis {
  const done: DoneFault[] = [];
  const inflict = async (fault: Fault) => {
    const record: DoneFault = { ...fault, startedAt: Date.now(), endedAt: Number.POSITIVE_INFINITY };
    done.push(record);
    await inflictors[fault.kind](rig, fault);
    record.endedAt = Date.now();
  };
  return {
    done,
    async run(faults, startedAt) {
      const underWay: Array<Promise<void>> = [];
      for (const fault of faults) {
        const waitMs = startedAt + fault.atMs - Date.now();
        if (waitMs > 0) await sleep(waitMs);
        underWay.push(inflict(fault));
      }
      await Promise.all(underWay);
    },
  };
}

const inflictors: Record<FaultKind, (rig: Rig, fault: Fault) => Promise<unknown>> = {
  workerKill: (rig, fault) => workerOf(rig, fault).kill(),
  workerTerm: (rig, fault) => workerOf(rig, fault).restart(),
  apiKill: (rig) => rig.api.kill(),
  async workerFreeze(rig, fault) {
    workerOf(rig, fault).freeze();
    await sleep(fault.durationMs);
    workerOf(rig, fault).thaw();
  },
  async queueCut({ redisLink }, { durationMs }) {
    redisLink?.set('cut');
    await sleep(durationMs);
    redisLink?.set('open');
  },
  async queueHole({ redisLink }, { durationMs }) {
    redisLink?.set('hole');
    await sleep(durationMs);
    redisLink?.set('open');
  },
  async queueSlow({ redisLink }, { durationMs }) {
    redisLink?.delay(slowMs);
    await sleep(durationMs);
    redisLink?.delay(0);
  },
  async redisRestart({ redis }, { durationMs }) {
    await redis?.kill();
    await sleep(durationMs);
    await redis?.start();
  },
  queueWipe: wipeQueue,
  postgresDropAll: ({ db }) =>
    onceUp(() =>
      db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'formaops-%'`,
      ),
    ),
  async postgresStop({ postgres }, { durationMs }) {
    await postgres.crash();
    await sleep(durationMs);
    await postgres.start();
  },
  async postgresSlow({ postgresLink }, { durationMs }) {
    postgresLink.delay(slowMs / 2);
    await sleep(durationMs);
    postgresLink.delay(0);
  },
};

/** A fault that needs PostgreSQL may come while another one has stopped it. */
async function onceUp<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 100 || !isDatabaseUnavailable(error)) throw error;
      await sleep(200);
    }
  }
}

/** Makes the queue forget every bell. Its tables of versions and of who listens are no bells. */
export async function wipeQueue({ db, redis }: Pick<Rig, 'db' | 'redis'>): Promise<void> {
  if (redis !== null) return void (await redis.command('FLUSHALL'));
  await onceUp(async () => {
    const { rows } = await db.query<{ tables: string }>(
      `SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables FROM pg_tables
       WHERE schemaname = 'bullmq' AND tablename NOT IN ('meta', 'migration') AND tablename NOT LIKE 'relay%'`,
    );
    await db.query(`TRUNCATE ${rows[0]?.tables}`);
  });
}

function workerOf({ workers }: Rig, { worker }: Fault) {
  const found = workers[worker];
  if (found === undefined) throw new RangeError(`there is no worker ${worker}`);
  return found;
}
