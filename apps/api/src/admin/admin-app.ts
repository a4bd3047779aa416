import { FormaError, type Logger } from '@formaops/core';
import { findExecution, listLogs, type Queryable } from '@formaops/db';
import { openQueueForBoard, type QueueConnection } from '@formaops/queue';
import { Router } from 'express';
import helmet from 'helmet';
import { errorHandler, notFound } from '../http/error-handler.ts';
import { refuseWrongIds } from '../http/id-parameter.ts';
import { pagePolicy } from '../pages/page.ts';
import { basicAuth, sameOriginOnly } from './basic-auth.ts';
import { boardRoutes } from './board.ts';
import { executionPage } from './execution-page.ts';

export interface AdminDeps {
  db: Queryable;
  queue: QueueConnection;
  user: string;
  password: string;
  /** Whether Bull Board only shows. */
  readOnly: boolean;
  log: Logger;
}

export interface AdminApp {
  /** To be mounted at `/admin`. */
  router: Router;
  close(): Promise<void>;
}

/** Log lines shown on an execution's page at most. */
const maxLogLines = 1_000;

/** The operator's pages, every one of them behind the operator's password. */
export function createAdminApp({ db, queue, user, password, readOnly, log }: AdminDeps): AdminApp {
  const closing = new AbortController();
  const opening = openQueueForBoard(queue, closing.signal);
  let board: Router | undefined;
  opening.then(
    (opened) => {
      board = boardRoutes(opened, readOnly);
    },
    // Only when it is closed before the queue could be reached.
    () => log.debug({}, 'board not opened'),
  );

  const router = Router();
  router.use(helmet(), basicAuth(user, password), sameOriginOnly);
  router.get('/', (_request, response) => response.redirect('/admin/queues'));
  router.use('/queues', (request, response, next) => {
    if (!board) throw new FormaError('DATABASE_UNAVAILABLE', { message: 'The queue cannot be reached' });
    board(request, response, next);
  });
  router.use('/executions', executionPages(db));
  router.use(notFound, errorHandler(log));

  return {
    router,
    async close() {
      closing.abort();
      await opening.then((opened) => opened.close()).catch(() => undefined);
    },
  };
}

function executionPages(db: Queryable): Router {
  const router = Router();
  refuseWrongIds(router, ['id']);
  router.get('/:id', async (request, response) => {
    const execution = await findExecution(db, null, String(request.params['id']));
    if (!execution) throw new FormaError('NOT_FOUND', { message: 'There is no such execution' });
    const logs = await listLogs(db, execution.id, null, maxLogLines);
    response.set('Content-Security-Policy', pagePolicy).type('html').send(executionPage(execution, logs));
  });
  return router;
}
