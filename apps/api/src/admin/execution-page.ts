import type { ExecutionDetails, LogView, RevalidationView, VerdictView } from '@formaops/db';
import { type Html, html } from '../pages/html.ts';
import { badge, facts, page, table } from '../pages/page.ts';

/** One execution for an operator: how it went and what it cost, never what was asked or answered. */
export function executionPage(execution: ExecutionDetails, logs: LogView[]): string {
  return page(
    `Execution ${execution.id}`,
    html`<p><a href="/admin/queues">Queue</a></p>
<h1>Execution <span class="mono">${execution.id}</span></h1>
<p>${badge(execution.status)} validation ${badge(execution.validationStatus)}</p>
${overview(execution)}
<h2>Attempts</h2>${attempts(execution)}
<h2>Verdicts</h2>${verdicts(execution.verdicts)}
${execution.revalidations.map(laterJudgement)}
<h2>Log</h2>${logTable(logs)}`,
  );
}

function overview(execution: ExecutionDetails): Html {
  const { tokenUsage: tokens, error } = execution;
  return facts([
    ['Prompt', `${execution.promptId}, version ${execution.promptVersion}`],
    ['Model', execution.model],
    ['Priority', execution.priority],
    ['Attempt', `${execution.attempt} (at most ${execution.maxAttempts} charged)`],
    ['Tokens', tokens && `${tokens.input} in, ${tokens.output} out, ${tokens.total} in all`],
    [
      'Cost',
      execution.costUsd && `${execution.costUsd} USD${execution.costIsComplete ? '' : ' (incomplete)'}`,
    ],
    ['Latency', execution.latencyMs && `${execution.latencyMs} ms`],
    ['Error', error && `${error.code}: ${error.message}`],
    ['Created', time(execution.createdAt)],
    ['Started', time(execution.startedAt)],
    ['Next attempt', time(execution.nextAttemptAt)],
    ['Cancel requested', time(execution.cancelRequestedAt)],
    ['Completed', time(execution.completedAt)],
    ['Deadline', time(execution.deadlineAt)],
  ]);
}

function attempts({ attempts: rows }: ExecutionDetails): Html {
  return table(
    ['#', 'Outcome', 'Worker', 'Started', 'Latency', 'Tokens in / out', 'Cost (USD)', 'Error'],
    rows.map((row) => [
      row.attempt,
      badge(row.outcome),
      row.workerId,
      time(row.startedAt),
      row.latencyMs === null ? null : `${row.latencyMs} ms`,
      row.inputTokens === null
        ? null
        : `${row.inputTokens} / ${row.outputTokens}${row.usageIsEstimated ? ' (estimated)' : ''}`,
      row.costUsd,
      row.errorCode,
    ]),
  );
}

function laterJudgement({ createdAt, validationStatus, verdicts: rows }: RevalidationView): Html {
  return html`<h3>Judged again ${time(createdAt)} ${badge(validationStatus)}</h3>${verdicts(rows)}`;
}

function verdicts(rows: readonly VerdictView[]): Html {
  return table(
    ['Validation', 'Type', 'Outcome', 'Code', 'Errors', 'Duration'],
    rows.map((row) => [
      row.validationName,
      row.type,
      badge(row.outcome),
      row.code,
      row.errors.length,
      `${row.durationMs.toFixed(1)} ms`,
    ]),
  );
}

function logTable(logs: LogView[]): Html {
  return table(
    ['Time', 'Level', 'Message', 'Details'],
    logs.map((line) => [
      time(line.timestamp),
      badge(line.level),
      line.message,
      html`<code>${line.metadata ? JSON.stringify(line.metadata) : ''}</code>`,
    ]),
  );
}

function time(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
