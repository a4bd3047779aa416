import type { ApiDeps } from '../api-deps.ts';
import { type Operation, operation } from '../http/operation.ts';
import { readMe } from '../use-cases/read-me.ts';
import { meView } from './me-views.ts';

/** What a caller can learn of itself. */
export function meOperations(deps: ApiDeps): Operation[] {
  return [
    operation(
      {
        method: 'get',
        path: '/v1/me',
        operationId: 'getMe',
        tag: 'Account',
        summary: 'Read who asks, what the plan allows and how much of it is used',
        answers: { 200: { description: 'The user, the key, the limits and the use', schema: meView } },
      },
      async ({ caller }) => ({ status: 200, body: await readMe(caller, deps) }),
    ),
  ];
}
