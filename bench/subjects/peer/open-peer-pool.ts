import pg from 'pg';
import { peerLog } from './peer-log.ts';

/**
 * Connections of a peer's process. With 10, 20 and 40 the difference is within the noise, but for two things: APIs whose
 * queue is in PostgreSQL take a quarter more requests with 20 than with 10 (1,235 POST/s and 998), and with 40 workers
 * get a tenth less done.
 */
const connections = { api: 20, worker: 10 } as const;

/** A pool of a peer's own. */
export function openPeerPool(databaseUrl: string, role: keyof typeof connections): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections[role],
    application_name: `peer-${role}`,
    keepAlive: true,
  });
  const warn = (error: Error) => peerLog.warn({ err: error }, 'database connection lost');
  pool.on('connect', (client) => client.on('error', warn));
  return pool.on('error', warn);
}
