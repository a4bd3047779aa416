import type { QueueHealth } from '@formaops/queue';
import { type Request, type Response, Router } from 'express';
import { methodNotAllowed } from '../http/error-handler.ts';

export interface HealthDeps {
  /** Whether the process is still taking requests. */
  isStopping(): boolean;
  isDatabaseUp(): Promise<boolean>;
  checkQueue(): Promise<QueueHealth>;
}

/** `/health/live`: the process answers. `/health/ready`: it can take executions, for which only the database counts. */
export function healthRoutes({ isStopping, isDatabaseUp, checkQueue }: HealthDeps): Router {
  const live = (_request: Request, response: Response) => void response.json({ status: 'live' });
  const ready = async (_request: Request, response: Response) => {
    const [database, queue] = await Promise.all([isDatabaseUp(), checkQueue()]);
    const isReady = database && !isStopping();
    response.status(isReady ? 200 : 503).json({
      status: isReady ? 'ready' : isStopping() ? 'stopping' : 'not ready',
      database: database ? 'up' : 'down',
      // Executions are accepted while the queue is down; workers ring for them when it is back.
      ...describeQueue(queue),
    });
  };
  const router = Router();
  router.route('/live').get(live).all(methodNotAllowed('GET', 'HEAD'));
  router.route('/ready').get(ready).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

function describeQueue(queue: QueueHealth): Record<string, string> {
  if (queue.state === 'unfit') return { queue: 'unfit', queueProblem: queue.reason };
  return { queue: queue.state === 'ready' ? 'up' : 'down' };
}
