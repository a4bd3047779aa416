import { listVersions, type VersionSummary } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { type Operation, operation } from '../http/operation.ts';
import { findOwnPrompt } from '../use-cases/own-prompt.ts';
import { readVersion, restore, versionOf } from '../use-cases/prompt-versions.ts';
import { listVersionsQuery } from './prompt-schemas.ts';
import { promptDetailsView, versionPageView, versionView } from './prompt-views.ts';
import { etagHeader, guarded, promptRequest, tagged } from './prompts.ts';

const tag = 'Prompts';
const collection = '/v1/prompts/{id}/versions';

/** What can be done with the versions of a prompt. */
export function promptVersionOperations(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: collection,
        operationId: 'listPromptVersions',
        tag,
        summary: 'List the versions of a prompt, newest first',
        query: listVersionsQuery,
        answers: { 200: { description: 'A page of them', schema: versionPageView } },
      },
      async ({ params: { id = '' }, query: { cursor = null, limit }, caller }) => {
        const found = await listVersions(deps.db, caller.userId, id, cursor, limit + 1);
        // None, or none of the caller's.
        if (found.length === 0) await findOwnPrompt(id, caller, deps);
        return { status: 200, body: toVersionPage(found, limit) };
      },
    ),
    operation(
      {
        method: 'get',
        path: `${collection}/{version}`,
        operationId: 'getPromptVersion',
        tag,
        summary: 'Read a version of a prompt',
        answers: { 200: { description: 'The version, which never changes', schema: versionView } },
      },
      async ({ params: { id = '', version = '' }, caller }) => {
        const found = await readVersion(id, versionOf(version), caller, deps);
        return { status: 200, body: { ...found, templateLines: found.template.split(/\r\n|\n|\r/) } };
      },
    ),
    operation(
      {
        method: 'post',
        path: `${collection}/{version}/restore`,
        operationId: 'restorePromptVersion',
        tag,
        summary: 'Make a new version with the content of an earlier one',
        description: 'Nothing changes where that content is current already.',
        headers: guarded.headers,
        answers: {
          200: {
            description: 'The prompt with that content',
            schema: promptDetailsView,
            headers: etagHeader,
          },
        },
        errors: [...guarded.errors, 'PROMPT_ARCHIVED'],
      },
      async (call) => {
        const { version = '' } = call.params;
        return tagged(200, await restore(promptRequest(call), versionOf(version), deps));
      },
    ),
  ];
}

function toVersionPage(found: VersionSummary[], limit: number) {
  const data = found.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: found.length > limit && last ? String(last.version) : null };
}
