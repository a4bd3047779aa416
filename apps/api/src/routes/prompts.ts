import { FormaError } from '@formaops/core';
import { findPrompt, listPrompts } from '@formaops/db';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import { cursorParameter, limitParameter, toPage } from '../http/cursor.ts';
import { type Operation, operation } from '../http/operation.ts';
import { promptDetailsView, promptPageView } from './prompt-views.ts';

const tag = 'Prompts';
const listQuery = z.strictObject({ cursor: cursorParameter.optional(), limit: limitParameter });

/** What can be done with prompts. */
export function promptOperations({ db }: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: '/v1/prompts',
        operationId: 'listPrompts',
        tag,
        summary: 'List prompts, newest first',
        query: listQuery,
        answers: { 200: { description: 'A page of them', schema: promptPageView } },
      },
      async ({ query: { cursor, limit }, caller }) => {
        const after = cursor ? { createdAt: cursor.at, id: cursor.id } : null;
        const found = await listPrompts(db, caller.userId, after, limit + 1);
        const body = toPage(found, limit, ({ createdAt, id }) => ({ at: createdAt, id }));
        return { status: 200, body };
      },
    ),
    operation(
      {
        method: 'get',
        path: '/v1/prompts/{id}',
        operationId: 'getPrompt',
        tag,
        summary: 'Read a prompt with its validations',
        answers: { 200: { description: 'The prompt', schema: promptDetailsView } },
      },
      async ({ params: { id = '' }, caller }) => {
        const prompt = await findPrompt(db, caller.userId, id);
        if (!prompt) throw new FormaError('NOT_FOUND', { message: 'There is no such prompt' });
        return { status: 200, body: prompt };
      },
    ),
  ];
}
