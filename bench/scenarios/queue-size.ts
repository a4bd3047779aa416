import { Redis } from 'ioredis';
import type { Run } from '../run.ts';

/** Bytes that the queue takes: all of Redis, or every table outside the product's schema. */
export async function queueBytes({ target }: Run): Promise<number> {
  return target.redisUrl === null ? tableBytes(target.db) : redisBytes(target.redisUrl);
}

async function tableBytes(db: Run['target']['db']): Promise<number> {
  const { rows } = await db.query<{ bytes: number }>(
    `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 AS bytes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('public', 'pg_catalog', 'information_schema', 'pg_toast')`,
  );
  return rows[0]?.bytes ?? 0;
}

async function redisBytes(url: string): Promise<number> {
  const client = new Redis(url);
  try {
    return Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))?.[1]);
  } finally {
    client.disconnect();
  }
}

/** Bytes of a waiting job's own key, fields and values, without what Redis needs around them; null elsewhere. */
export async function jobBytes({ target }: Run): Promise<number | null> {
  if (target.redisUrl === null) return null;
  const client = new Redis(target.redisUrl);
  try {
    const sizes: number[] = [];
    for await (const keys of client.scanStream({ type: 'hash', count: 1_000 })) {
      for (const key of keys as string[]) {
        const fields = await client.hgetall(key);
        // The queue's own settings have none.
        if ('timestamp' in fields) sizes.push(key.length + Object.entries(fields).flat().join('').length);
      }
      if (sizes.length > 100) break;
    }
    return sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? null;
  } finally {
    client.disconnect();
  }
}
