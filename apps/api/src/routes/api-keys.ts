import { findApiKey, listApiKeys, maxApiKeys, renameApiKey } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { toPage } from '../http/cursor.ts';
import { type Operation, operation } from '../http/operation.ts';
import { issueKey, noSuchKey, presentApiKey, revokeKey } from '../use-cases/manage-api-keys.ts';
import { apiKeyListQuery, createApiKeyBody, renameApiKeyBody } from './api-key-schemas.ts';
import { apiKeyPageView, apiKeyView, issuedApiKeyView } from './api-key-views.ts';

const tag = 'API keys';
const collection = '/v1/api-keys';
const single = '/v1/api-keys/{id}';

/** What can be done with the keys of a user. */
export function apiKeyOperations(deps: ApiDeps): Operation[] {
  const { db } = deps;
  return [
    operation(
      {
        method: 'get',
        path: collection,
        operationId: 'listApiKeys',
        tag,
        summary: 'List API keys, newest first, revoked ones included',
        query: apiKeyListQuery,
        answers: { 200: { description: 'A page of them', schema: apiKeyPageView } },
      },
      async ({ query: { cursor, limit }, caller }) => {
        const found = await listApiKeys(db, caller.userId, { after: cursor ?? null, limit: limit + 1 });
        const page = toPage(found, limit, ({ createdAt, id }) => ({ at: createdAt, id }));
        return { status: 200, body: { ...page, data: page.data.map(presentApiKey) } };
      },
    ),
    operation(
      {
        method: 'post',
        path: collection,
        operationId: 'createApiKey',
        tag,
        summary: 'Issue an API key',
        description: `The key is shown in this answer and never again. It can have no scope that the key which asks has not. At most ${maxApiKeys} keys are active at a time; a key is replaced by issuing the new one first.`,
        body: createApiKeyBody,
        bodyExample: { name: 'Build server', scopes: ['write'] },
        answers: {
          201: {
            description: 'Issued',
            schema: issuedApiKeyView,
            headers: { Location: 'Address of the key', 'Cache-Control': '`no-store`' },
          },
        },
        errors: ['TOO_MANY_API_KEYS'],
      },
      async ({ body, caller }) => {
        const issued = await issueKey(body, caller, deps);
        const headers = { Location: `${collection}/${issued.id}`, 'Cache-Control': 'no-store' };
        return { status: 201, body: issued, headers };
      },
    ),
    operation(
      {
        method: 'get',
        path: single,
        operationId: 'getApiKey',
        tag,
        summary: 'Read what is known of an API key',
        answers: { 200: { description: 'The key, without its secret', schema: apiKeyView } },
      },
      async ({ params: { id = '' }, caller }) => {
        const apiKey = await findApiKey(db, caller.userId, id);
        if (apiKey === null) throw noSuchKey();
        return { status: 200, body: presentApiKey(apiKey) };
      },
    ),
    operation(
      {
        method: 'patch',
        path: single,
        operationId: 'updateApiKey',
        tag,
        summary: 'Rename an API key',
        body: renameApiKeyBody,
        bodyExample: { name: 'Old build server' },
        answers: { 200: { description: 'Renamed', schema: apiKeyView } },
      },
      async ({ params: { id = '' }, body, caller }) => {
        const apiKey = await renameApiKey(db, caller.userId, id, body.name);
        if (apiKey === null) throw noSuchKey();
        return { status: 200, body: presentApiKey(apiKey) };
      },
    ),
    operation(
      {
        method: 'post',
        path: `${single}/revoke`,
        operationId: 'revokeApiKey',
        tag,
        summary: 'Revoke an API key for good',
        description:
          'Takes effect within 5 seconds. The key stays in the list. One that is revoked already stays as it is; a key may revoke itself.',
        answers: { 200: { description: 'Revoked', schema: apiKeyView } },
      },
      async ({ params: { id = '' }, caller }) => ({ status: 200, body: await revokeKey(id, caller, deps) }),
    ),
  ];
}
