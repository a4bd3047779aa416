import { type RequestHandler, Router } from 'express';
import { methodNotAllowed } from '../http/error-handler.ts';
import { html } from '../pages/html.ts';
import { packagedFile, type StaticFile, sendFile, text } from './static-file.ts';

/**
 * `/docs`: the API to read and to try, by Swagger UI from this server. Nothing is loaded from elsewhere; a key that is
 * typed in stays in the page and goes to this API only.
 */
export function apiReference(): Router {
  const router = Router();
  const serve = (path: string, file: StaticFile) => {
    router
      .route(path)
      .get(framed(sendFile(file)))
      .all(methodNotAllowed('GET', 'HEAD'));
  };
  serve('/', text('html', page));
  serve('/start.js', text('js', start));
  serve('/page.css', text('css', style));
  serve('/swagger-ui-bundle.js', packagedFile('swagger-ui-dist/swagger-ui-bundle.js', 'js'));
  serve('/swagger-ui.css', packagedFile('swagger-ui-dist/swagger-ui.css', 'css'));
  return router;
}

/** The page loads what is here and talks to who served it. React sets styles one by one, which needs no permission. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function framed(send: RequestHandler): RequestHandler {
  return (request, response, next) => {
    response.set('Content-Security-Policy', policy);
    return send(request, response, next);
  };
}

// Below /docs with or without a slash at the end: paths start at the root.
const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>API reference · FormaOps</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="stylesheet" href="/docs/page.css"></head>
<body><nav aria-label="Documentation"><strong>FormaOps</strong> <a href="/docs" aria-current="page">API reference</a>
<a href="/docs/errors">Errors</a> <a href="/openapi.json">OpenAPI document</a></nav>
<main id="reference"><noscript>The reference needs JavaScript; the <a href="/openapi.json">OpenAPI document</a> and the <a href="/docs/errors">errors</a> do not.</noscript></main>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`.text;

/** Without the validator and the address bar that Swagger UI would offer, both of which ask other servers. */
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  filter: true,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis],
  queryConfigEnabled: false,
  showExtensions: false,
  tryItOutEnabled: false,
  validatorUrl: null,
});
`;

const style = `body { margin: 0; }
nav { display: flex; gap: 1.25rem; flex-wrap: wrap; padding: .75rem 1.25rem; font: 15px/1.5 system-ui, sans-serif; border-bottom: 1px solid #ddd; background: #fff; }
nav a { color: #1d4fa8; }
nav a[aria-current] { color: inherit; text-decoration: none; }
/* No operation has links, and on a narrow screen their empty column pushes the answers out of sight. */
.swagger-ui .responses-table .response-col_links { display: none; }
noscript { display: block; padding: 2rem 1.25rem; font: 15px/1.5 system-ui, sans-serif; }
`;
