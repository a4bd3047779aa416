import { type Request, type Response, Router } from 'express';
import { methodNotAllowed } from '../http/error-handler.ts';

export interface HealthDeps {
  /** Whether the process is still taking requests. */
  isStopping(): boolean;
  isDatabaseUp(): Promise<boolean>;
  isQueueUp(): Promise<boolean>;
}

/** `/health/live`: the process answers. `/health/ready`: it can take executions, for which only the database counts. */
export function healthRoutes({ isStopping, isDatabaseUp, isQueueUp }: HealthDeps): Router {
  const live = (_request: Request, response: Response) => void response.json({ status: 'live' });
  const ready = async (_request: Request, response: Response) => {
    const [database, queue] = await Promise.all([isDatabaseUp(), isQueueUp()]);
    const isReady = database && !isStopping();
    response.status(isReady ? 200 : 503).json({
      status: isReady ? 'ready' : isStopping() ? 'stopping' : 'not ready',
      database: database ? 'up' : 'down',
      // Executions are accepted while the queue is down; workers ring for them when it is back.
      queue: queue ? 'up' : 'down',
    });
  };
  const router = Router();
  router.route('/live').get(live).all(methodNotAllowed('GET', 'HEAD'));
  router.route('/ready').get(ready).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}
