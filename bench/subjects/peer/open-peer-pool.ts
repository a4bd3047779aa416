import pg from 'pg';
import { peerLog } from './peer-log.ts';

/** A pool of a peer's own. */
export function openPeerPool(databaseUrl: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: databaseUrl, max, application_name: 'peer', keepAlive: true });
  const warn = (error: Error) => peerLog.warn({ err: error }, 'database connection lost');
  pool.on('connect', (client) => client.on('error', warn));
  return pool.on('error', warn);
}
