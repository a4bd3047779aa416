import type { Target, WorkerOptions } from './subject.ts';

/** What the processes of the peers are told. */
export interface PeerEnv {
  databaseUrl: string;
  /** Null where the queue is in PostgreSQL. */
  redisUrl: string | null;
  userId: string;
  /** The bearer token of that user. */
  apiKey: string;
  /** Where the API listens; 0 takes a free port. */
  port: number;
  /** Executions that a worker runs at the same time. */
  concurrency: number;
}

/** The environment from which `readPeerEnv` reads the same back. */
export function peerEnv(target: Target, options?: WorkerOptions): Record<string, string> {
  return {
    DATABASE_URL: target.databaseUrl,
    ...(target.redisUrl !== null && { QUEUE_URL: target.redisUrl }),
    BENCH_USER_ID: target.userId,
    BENCH_API_KEY: target.apiKey,
    PORT: '0',
    WORKER_CONCURRENCY: String(options?.concurrency ?? 1),
  };
}

export function readPeerEnv(): PeerEnv {
  return {
    databaseUrl: required('DATABASE_URL'),
    redisUrl: process.env['QUEUE_URL'] ?? null,
    userId: required('BENCH_USER_ID'),
    apiKey: required('BENCH_API_KEY'),
    port: Number(required('PORT')),
    concurrency: Number(required('WORKER_CONCURRENCY')),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; start with npm run bench`);
  return value;
}
