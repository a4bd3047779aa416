import { listPrompts, type TaggedPrompt } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { asPage } from '../http/cursor.ts';
import { entityTag, ifMatchOf, isKnownTo } from '../http/etag.ts';
import { type Answer, type Call, type Operation, operation } from '../http/operation.ts';
import { archive, publish, remove } from '../use-cases/move-prompt.ts';
import { findOwnPrompt } from '../use-cases/own-prompt.ts';
import { changePrompt, createPrompt } from '../use-cases/save-prompt.ts';
import type { PromptRequest } from '../use-cases/write-prompt.ts';
import { changePromptBody, createPromptBody, listPromptsQuery } from './prompt-schemas.ts';
import { promptDetailsView, promptPageView, savedPromptView } from './prompt-views.ts';

const tag = 'Prompts';
const single = '/v1/prompts/{id}';

/** Sent with every state of a prompt. */
export const etagHeader = { ETag: 'Names this state of the prompt, its list of validations included' };

/** What writes of a prompt that exists have in common. */
export const guarded = {
  headers: {
    'If-Match':
      'Writes only while the prompt is in a state with one of these `ETag`s; `*` and none at all mean any. Weak tags never match',
  },
  errors: ['PRECONDITION_FAILED'],
} as const;

/** What can be done with prompts. */
export function promptOperations(deps: ApiDeps): Operation[] {
  return [...readers(deps), create(deps), change(deps), ...movers(deps)];
}

function readers(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: '/v1/prompts',
        operationId: 'listPrompts',
        tag,
        summary: 'List or search prompts, newest first',
        description: 'A page of large ones, 2 MB altogether, ends before the limit.',
        query: listPromptsQuery,
        answers: { 200: { description: 'A page of them', schema: promptPageView } },
      },
      async ({ query: { cursor, limit, ...filter }, caller }) => {
        const after = cursor ? { createdAt: cursor.at, id: cursor.id } : null;
        const { prompts, hasMore } = await listPrompts(deps.db, caller.userId, filter, after, limit);
        return {
          status: 200,
          body: asPage(prompts, hasMore, ({ createdAt, id }) => ({ at: createdAt, id })),
        };
      },
    ),
    operation(
      {
        method: 'get',
        path: single,
        operationId: 'getPrompt',
        tag,
        summary: 'Read a prompt with its validations',
        headers: { 'If-None-Match': 'Answers 304 without a body while the `ETag` is one of these' },
        answers: {
          200: { description: 'The prompt', schema: promptDetailsView, headers: etagHeader },
          304: { description: 'It is as the caller knows it', headers: etagHeader },
        },
      },
      async ({ params: { id = '' }, caller, request }) => {
        const prompt = await findOwnPrompt(id, caller, deps);
        if (!isKnownTo(request, prompt.etag)) return tagged(200, prompt);
        return { status: 304, headers: { ETag: entityTag(prompt.etag) } };
      },
    ),
  ];
}

function create(deps: ApiDeps): Operation {
  return operation(
    {
      method: 'post',
      path: '/v1/prompts',
      operationId: 'createPrompt',
      tag,
      summary: 'Create a prompt as a draft',
      description: 'Template and variables are checked, and all problems are told at once.',
      body: createPromptBody,
      bodyExample: {
        name: 'Translator',
        template: 'Translate into {{language}}:\n{{text}}',
        variables: [
          { name: 'language', type: 'string', defaultValue: 'French' },
          { name: 'text', type: 'string', required: true },
        ],
        tags: ['language'],
      },
      answers: {
        201: {
          description: 'Created; it can be run once it is published',
          schema: savedPromptView,
          headers: { Location: 'Address of the prompt', ...etagHeader },
        },
      },
    },
    async ({ body, caller }) => {
      const prompt = await createPrompt(body, caller, deps);
      const { headers, ...answer } = tagged(201, prompt);
      return { ...answer, headers: { ...headers, Location: `/v1/prompts/${prompt.id}` } };
    },
  );
}

function change(deps: ApiDeps): Operation {
  return operation(
    {
      method: 'patch',
      path: single,
      operationId: 'updatePrompt',
      tag,
      summary: 'Change a prompt',
      description:
        'What is left out stays. Another template or other variables make a new version, which runs at once where the prompt is published; nothing else does.',
      headers: guarded.headers,
      body: changePromptBody,
      bodyExample: {
        template: 'Translate into {{language}}, word by word:\n{{text}}',
        changeLog: 'Word by word',
      },
      answers: { 200: { description: 'Changed', schema: savedPromptView, headers: etagHeader } },
      errors: [...guarded.errors, 'PROMPT_ARCHIVED'],
    },
    async (call) => tagged(200, await changePrompt(promptRequest(call), call.body, deps)),
  );
}

function movers(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'post',
        path: '/v1/prompts/{id}/publish',
        operationId: 'publishPrompt',
        tag,
        summary: 'Let a prompt run',
        description: 'From DRAFT, and from ARCHIVED too. Publishing again changes nothing.',
        headers: guarded.headers,
        answers: { 200: { description: 'It is PUBLISHED', schema: promptDetailsView, headers: etagHeader } },
        errors: guarded.errors,
      },
      async (call) => tagged(200, await publish(promptRequest(call), deps)),
    ),
    operation(
      {
        method: 'post',
        path: '/v1/prompts/{id}/archive',
        operationId: 'archivePrompt',
        tag,
        summary: 'Keep a prompt from running and from being changed',
        description:
          'What was submitted before goes on. Archiving again changes nothing; publishing undoes it.',
        headers: guarded.headers,
        answers: { 200: { description: 'It is ARCHIVED', schema: promptDetailsView, headers: etagHeader } },
        errors: guarded.errors,
      },
      async (call) => tagged(200, await archive(promptRequest(call), deps)),
    ),
    operation(
      {
        method: 'delete',
        path: single,
        operationId: 'deletePrompt',
        tag,
        summary: 'Delete a prompt that was never run, with its versions and validations',
        headers: guarded.headers,
        answers: { 204: { description: 'Deleted' } },
        errors: [...guarded.errors, 'PROMPT_IN_USE'],
      },
      async (call) => {
        await remove(promptRequest(call), deps);
        return { status: 204 };
      },
    ),
  ];
}

/** The prompt that a request writes. */
export function promptRequest({
  params: { id = '' },
  caller,
  request,
}: Pick<Call<unknown, unknown>, 'params' | 'caller' | 'request'>): PromptRequest {
  return { id, caller, ifMatch: ifMatchOf(request) };
}

/** Answers with a prompt and the tag of its state. */
export function tagged(status: number, { etag, ...body }: TaggedPrompt): Answer {
  return { status, body, headers: { ETag: entityTag(etag) } };
}
