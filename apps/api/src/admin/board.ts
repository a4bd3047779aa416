import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { executionIdOf, type openQueueForBoard } from '@formaops/queue';
import { type Express, Router } from 'express';

type BoardQueue = Awaited<ReturnType<typeof openQueueForBoard>>;

/** The board loads fonts from a stranger unless it is told not to; its own files are enough. */
const boardPolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Bull Board for the queue of executions, at `/admin/queues`. Each job leads to its execution's page. */
export function boardRoutes(queue: BoardQueue, readOnly: boolean): Router {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath('/admin/queues');
  const adapter = new BullMQAdapter(queue, {
    readOnlyMode: readOnly,
    allowRetries: !readOnly,
    description:
      "Each job is a doorbell: an id. What it stands for is on its execution's page. A busy queue keeps none that was answered.",
    externalJobUrl: ({ id }) => ({
      href: `/admin/executions/${executionIdOf(String(id))}`,
      displayText: 'Execution',
    }),
  });
  createBullBoard({
    queues: [adapter],
    serverAdapter,
    options: {
      uiConfig: { boardTitle: 'FormaOps', hideRedisDetails: true, hideDocsLink: true },
    },
  });
  const router = Router();
  router.use((_request, response, next) => {
    response.set('Content-Security-Policy', boardPolicy);
    next();
  });
  const board: Express = serverAdapter.getRouter();
  // An app inside an app has settings of its own.
  return router.use(board.disable('x-powered-by'));
}
