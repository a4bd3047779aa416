import { randomBytes } from 'node:crypto';
import { issueApiKey, newId } from '@formaops/db';
import { Redis } from 'ioredis';
import pg from 'pg';
import { queryOnce, type Services, templateDatabase, urlOfDatabase } from './services.ts';
import type { QueueBackend, Subject, Target } from './subjects/subject.ts';

export interface OwnTarget extends Target {
  /** For looking, and for what a scenario puts there. */
  db: pg.Pool;
  drop(): Promise<void>;
}

/** A fresh database with one user and one prompt, an empty Redis, and whatever the subject wants to have there. */
export async function createTarget(
  services: Services,
  subject: Subject,
  backend: QueueBackend,
): Promise<OwnTarget> {
  const admin = services.postgres.url;
  const name = `bench_${randomBytes(4).toString('hex')}`;
  await queryOnce(admin, `CREATE DATABASE ${name} TEMPLATE ${templateDatabase}`);
  const databaseUrl = urlOfDatabase(admin, name);
  const db = new pg.Pool({ connectionString: databaseUrl, max: 2, application_name: 'bench' });
  // The database is dropped under idle connections when a run is broken off.
  db.on('error', () => undefined);
  if (backend === 'redis') await emptyRedis(services.redis.url);
  const target: Target = {
    backend,
    databaseUrl,
    redisUrl: backend === 'redis' ? services.redis.url : null,
    ...(await createUser(db)),
  };
  await subject.prepare(target);
  // So that no run pays for the pages that the one before has changed.
  await queryOnce(admin, 'CHECKPOINT');
  return {
    ...target,
    db,
    async drop() {
      await db.end();
      await queryOnce(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function createUser(db: pg.Pool): Promise<{ userId: string; promptId: string; apiKey: string }> {
  const [userId, promptId] = [newId(), newId()];
  await db.query(`INSERT INTO users (id, email, plan) VALUES ($1, 'bench@test.invalid', 'ENTERPRISE')`, [
    userId,
  ]);
  await db.query(
    `INSERT INTO prompts (id, name, template, variables, status, published_at, user_id)
     VALUES ($1, 'Bench', '{{text}}', $2, 'PUBLISHED', now(), $3)`,
    [promptId, JSON.stringify([{ name: 'text', type: 'string', required: true }]), userId],
  );
  return { userId, promptId, apiKey: await issueApiKey(db, userId, 'bench') };
}

async function emptyRedis(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    await client.flushall();
  } finally {
    client.disconnect();
  }
}
