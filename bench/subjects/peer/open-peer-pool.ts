import pg from 'pg';
import { peerLog } from './peer-log.ts';

/** Connections of a peer's process. Of 10, 20 and 40 none is better than the others by more than the noise, on two cores. */
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
