import { executionTimeseries, summarizeByModel, summarizeByPrompt, summarizeExecutions } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import { createUserTurns } from '../background/user-turns.ts';
import { closedSignal } from '../http/closed-signal.ts';
import { type Operation, operation } from '../http/operation.ts';
import { requireFewParts, windowOf } from '../use-cases/metrics-window.ts';
import { requireFacts } from '../use-cases/require-facts.ts';
import { groupsQuery, stepsMs, summaryQuery, timeseriesQuery } from './metrics-schemas.ts';
import { modelFiguresView, promptFiguresView, summaryView, timeseriesView } from './metrics-views.ts';

const tag = 'Metrics';

const errors = ['METRICS_PREPARING', 'OVERLOADED'] as const;

/** Figures of many executions take tenths of a second: many at once would keep everybody else from the database. */
const turnsOfUser = { atOnce: 2, maxWaiting: 50 };

const whichOnes =
  "Of the caller's executions that were created in the time; those that have not ended are counted, too.";

/** Figures for dashboards. */
export function metricsOperations(deps: ApiDeps): Operation[] {
  const { db } = deps;
  const turns = createUserTurns(turnsOfUser);
  return [
    operation(
      {
        method: 'get',
        path: '/v1/metrics/summary',
        operationId: 'getMetricsSummary',
        tag,
        summary: 'Add up executions',
        description: whichOnes,
        query: summaryQuery,
        answers: { 200: { description: 'The figures', schema: summaryView } },
        errors,
      },
      async ({ query, caller, response }) => {
        const window = windowOf(query, new Date());
        using _turn = await turns.take(caller.userId, closedSignal(response));
        await requireFacts(deps);
        const figures = await summarizeExecutions(db, caller.userId, window);
        return { status: 200, body: { ...window, ...figures } };
      },
    ),
    operation(
      {
        method: 'get',
        path: '/v1/metrics/prompts',
        operationId: 'listMetricsByPrompt',
        tag,
        summary: 'Add up executions by prompt, the largest first',
        description: whichOnes,
        query: groupsQuery,
        answers: {
          200: { description: 'The figures of each prompt that was run', schema: promptFiguresView },
        },
        errors,
      },
      async ({ query: { orderBy, limit, ...asked }, caller, response }) => {
        const window = windowOf(asked, new Date());
        using _turn = await turns.take(caller.userId, closedSignal(response));
        await requireFacts(deps);
        const data = await summarizeByPrompt(db, caller.userId, window, orderBy, limit);
        return { status: 200, body: { ...window, data } };
      },
    ),
    operation(
      {
        method: 'get',
        path: '/v1/metrics/models',
        operationId: 'listMetricsByModel',
        tag,
        summary: 'Add up executions by model, the largest first',
        description: whichOnes,
        query: groupsQuery,
        answers: {
          200: { description: 'The figures of each model that was asked for', schema: modelFiguresView },
        },
        errors,
      },
      async ({ query: { orderBy, limit, ...asked }, caller, response }) => {
        const window = windowOf(asked, new Date());
        using _turn = await turns.take(caller.userId, closedSignal(response));
        await requireFacts(deps);
        const data = await summarizeByModel(db, caller.userId, window, orderBy, limit);
        return { status: 200, body: { ...window, data } };
      },
    ),
    operation(
      {
        method: 'get',
        path: '/v1/metrics/timeseries',
        operationId: 'getMetricsTimeseries',
        tag,
        summary: 'Add up executions over time',
        description: `${whichOnes} Parts begin at multiples of \`step\` in UTC, at most 1,500 of them; of the first and the last only what lies in the time is counted, and where nothing was created there are zeros. An unknown prompt or model gives zeros.`,
        query: timeseriesQuery,
        answers: { 200: { description: 'The figures of each part, oldest first', schema: timeseriesView } },
        errors,
      },
      async ({ query: { step, promptId, model, ...asked }, caller, response }) => {
        const window = windowOf(asked, new Date());
        requireFewParts(window, stepsMs[step]);
        using _turn = await turns.take(caller.userId, closedSignal(response));
        await requireFacts(deps);
        const selection = { ...window, promptId, model };
        const data = await executionTimeseries(db, caller.userId, selection, stepsMs[step]);
        return { status: 200, body: { ...window, step, data } };
      },
    ),
  ];
}
