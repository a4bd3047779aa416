import { createServer, type Server } from 'node:http';

/** Serves `/health/live` (this process answers) and `/health/ready` (it can do its work) for an orchestrator. */
export function startHealthServer(port: number, isReady: () => Promise<boolean>): Server {
  return createServer((request, response) => {
    const answer = async (): Promise<number> => {
      if (request.url === '/health/live') return 200;
      if (request.url === '/health/ready') return (await isReady()) ? 200 : 503;
      return 404;
    };
    void answer().then((status) => response.writeHead(status).end());
  }).listen(port);
}
