import { createServer, type Server } from 'node:http';
import type { HealthAnswer, WorkerHealth } from './worker-health.ts';

/** Serves `/health/live` (this process works) and `/health/ready` (it can do its work now) for an orchestrator. */
export function startHealthServer(port: number, health: WorkerHealth): Server {
  return createServer((request, response) => {
    const answer = async (): Promise<HealthAnswer | null> => {
      if (request.url === '/health/live') return health.live();
      if (request.url === '/health/ready') return health.ready();
      return null;
    };
    void answer().then((found) => {
      if (found === null) return response.writeHead(404).end();
      return response
        .writeHead(found.status, { 'content-type': 'application/json' })
        .end(JSON.stringify(found.body));
    });
  }).listen(port);
}
