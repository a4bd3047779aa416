import { catalogue } from '@formaops/core';
import { type Request, type Response, Router } from 'express';
import { methodNotAllowed } from '../http/error-handler.ts';
import { type Html, html } from '../pages/html.ts';
import { page, pagePolicy } from '../pages/page.ts';

/** `/docs/errors`: what the `type` of a problem document leads to. */
export function errorReference(): Router {
  const sections = Object.entries(catalogue).map(
    ([code, { httpStatus, title, advice, retryable }]) =>
      html`<h2 id="${code}"><code>${code}</code></h2><p>${withCode(`${title}. ${advice}`)}</p><p>HTTP status ${httpStatus}; ${retryable ? 'may be tried again' : 'trying again does not help'}.</p>`,
  );
  const text = page('Errors', html`<p><a href="/docs">API reference</a></p><h1>Errors</h1>${sections}`);
  const show = (_request: Request, response: Response) => {
    response.set('Content-Security-Policy', pagePolicy).type('html').send(text);
  };
  const router = Router();
  router.route('/').get(show).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

/** Text with names between backticks, which pages show as code. */
function withCode(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
