import type { Express, Router } from 'express';
import express from 'express';
import helmet from 'helmet';
import type { ApiDeps } from './api-deps.ts';
import { apiHeaders } from './http/api-headers.ts';
import { authenticate } from './http/authenticate.ts';
import { boundedBodies } from './http/bounded-bodies.ts';
import { crossOrigin } from './http/cross-origin.ts';
import { errorHandler, notFound } from './http/error-handler.ts';
import { fixedHeaders } from './http/fixed-headers.ts';
import { routeOperations } from './http/operation.ts';
import { limitRate } from './http/rate-limit.ts';
import { requestContext } from './http/request-context.ts';
import { openApiRoute } from './openapi/route.ts';
import { apiReference } from './reference/reference.ts';
import { errorReference } from './routes/error-reference.ts';
import { type HealthDeps, healthRoutes } from './routes/health.ts';
import { apiOperations } from './routes/operations.ts';

/**
 * Builds the API without listening.
 *
 * @param admin the operator's pages, where they share the API's port.
 */
export function createApi(deps: ApiDeps, health: HealthDeps, admin: Router | null): Express {
  const operations = apiOperations(deps);
  const app = bareApp();
  app.use(requestContext(deps.log));
  app.use('/health', healthRoutes(health));
  app.use(apiHeaders);
  app.use(['/admin', '/docs'], fixedHeaders(helmet()));
  if (admin) app.use('/admin', admin);
  // People open the address that the API has.
  app.get('/', (_request, response) => response.redirect('/docs'));
  app.use('/docs/errors', errorReference());
  app.use('/docs', apiReference());
  app.use(['/v1', '/openapi.json'], crossOrigin(deps.corsOrigins));
  app.use('/openapi.json', openApiRoute(operations));
  // Who calls is checked before a body is read: strangers cost as little as possible.
  app.use('/v1', authenticate(deps), limitRate(deps.limits, deps.requestCounts));
  app.use(routeOperations(operations, boundedBodies()));
  app.use(notFound, errorHandler(deps.log));
  return app;
}

/** An app for the operator's pages on a port of their own. */
export function createAdminServer(admin: Router, deps: Pick<ApiDeps, 'log'>): Express {
  const app = bareApp();
  app.use(requestContext(deps.log), fixedHeaders(helmet()));
  app.use('/admin', admin);
  app.use(notFound, errorHandler(deps.log));
  return app;
}

function bareApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  // Answers are small or change all the time; hashing each costs more than it saves.
  app.disable('etag');
  return app;
}
