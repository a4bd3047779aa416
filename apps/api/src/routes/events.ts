import type { Request } from 'express';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import { createUserTurns } from '../background/user-turns.ts';
import { decodePosition } from '../events/event-position.ts';
import { type Answer, type Operation, operation } from '../http/operation.ts';
import { invalidRequest } from '../http/parse.ts';
import { followExecution } from '../use-cases/follow-execution.ts';
import { followUser } from '../use-cases/follow-user.ts';
import { requireExecution } from '../use-cases/read-execution.ts';
import { decodeTime, executionEventsQuery, notAnEventId, userEventsQuery } from './event-schemas.ts';

const tag = 'Events';

const headers = {
  'Last-Event-ID': 'Id of the latest event that the client knows; what came after it is told first',
};

const answer = {
  headers: {
    'Cache-Control': 'Nothing on the way may keep or change it',
    'X-Accel-Buffering': '`no`: nothing on the way may gather it',
  },
  schema: z.string(),
  mediaType: 'text/event-stream',
  example:
    'id: 1.1764061200000\nevent: status\ndata: {"id":"019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b","status":"RUNNING","attempt":1,"at":"2026-01-31T09:30:00.000Z"}\n\n',
};

/** What a client has missed is read of hundreds of executions: many at once would keep everybody else from the database. */
const turnsOfUser = { atOnce: 2, maxWaiting: 100 };

const errors = ['TOO_MANY_STREAMS', 'OVERLOADED', 'SHUTTING_DOWN'] as const;

/** Server-sent events. */
export function eventOperations(deps: ApiDeps): Operation[] {
  const turns = createUserTurns(turnsOfUser);
  return [
    operation(
      {
        method: 'get',
        path: '/v1/executions/{id}/events',
        operationId: 'followExecution',
        tag,
        summary: 'Follow an execution',
        description:
          'Server-sent events: `status` and `log` from the beginning on, and `output`, the text as the model writes it. After the last `status` comes `end`, and the stream is over; a client that comes again then is answered 204.',
        headers,
        query: executionEventsQuery,
        answers: {
          200: { description: 'The events, until the execution has ended', ...answer },
          204: { description: 'The client knows the end already' },
        },
        errors,
      },
      async ({ params: { id = '' }, query: { types, lastEventId }, caller, request, response }) => {
        if (request.method === 'HEAD') {
          await requireExecution(id, caller, deps);
          return headOnly;
        }
        const after = lastEventIdOf(request, decodePosition) ?? lastEventId ?? null;
        const outcome = await followExecution({ id, after, filter: { types } }, caller, response, deps);
        return outcome === 'over' ? { status: 204 } : null;
      },
    ),
    operation(
      {
        method: 'get',
        path: '/v1/events',
        operationId: 'followExecutions',
        tag,
        summary: 'Follow all executions',
        description:
          'Server-sent events as of one execution, of everything that happens from now on to any of them; the stream stays until the client leaves, so a tool that shows only whole answers shows nothing: use `curl -N`. With `Last-Event-ID` what was missed is told first, of the latest 500 executions; where there are older ones, `gap` says that they may have moved, too.',
        headers,
        query: userEventsQuery,
        answers: { 200: { description: 'The events', ...answer } },
        errors,
      },
      async ({ query: { types, promptId, status: statuses, lastEventId }, caller, request, response }) => {
        if (request.method === 'HEAD') return headOnly;
        const after = lastEventIdOf(request, decodeTime) ?? lastEventId ?? null;
        await followUser({ after, filter: { types, promptId, statuses }, turns }, caller, response, deps);
        return null;
      },
    ),
  ];
}

const headOnly: Answer = { status: 200, headers: { 'Content-Type': 'text/event-stream' } };

function lastEventIdOf<Id>(request: Request, decode: (text: string) => Id | null): Id | null {
  const value = request.get('last-event-id');
  // A client that has not seen an id yet may say so with an empty one.
  if (value === undefined || value === '') return null;
  const id = decode(value);
  if (id !== null) return id;
  throw invalidRequest([{ pointer: '/Last-Event-ID', code: 'INVALID_VALUE', detail: notAnEventId }]);
}
