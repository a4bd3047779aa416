import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CatalogueEntry, catalogue, executionStatuses, isTerminal, transitions } from '@formaops/core';
import { renderClient } from './render-client.ts';

const root = join(import.meta.dirname, '..');
const statusSource = 'packages/core/src/execution/status.ts';
const notice = (source: string) =>
  `<!-- Rendered from ${source} by \`node scripts/render-docs.ts\`; a test compares them. -->`;

/** The documents that are rendered from code, by their paths in the repository. */
export async function renderDocs(): Promise<Record<string, string>> {
  return {
    'docs/api/openapi.json': await renderOpenApi(),
    'docs/cli.md': await renderCli(),
    'docs/errors.md': renderErrors(),
    'docs/state-machine.md': renderStateMachine(await readFile(join(root, statusSource), 'utf8')),
  };
}

/** The API with standard settings; the one that runs describes itself at `/openapi.json`. */
async function renderOpenApi(): Promise<string> {
  const { defaultDocument } = (await import(join(root, 'apps/api/src/openapi/default-document.ts'))) as {
    defaultDocument(): object;
  };
  return `${JSON.stringify(defaultDocument(), null, 1)}\n`;
}

async function renderCli(): Promise<string> {
  const { renderReference } = (await import(join(root, 'apps/cli/src/reference.ts'))) as {
    renderReference(): string;
  };
  return `${notice('apps/cli/src/commands')}\n\n${renderReference()}`;
}

function renderErrors(): string {
  const entries: Array<[string, CatalogueEntry]> = Object.entries(catalogue);
  const rows = entries.map(
    ([code, { httpStatus, retryable, fault, title, advice }]) =>
      `| <a id="${code}"></a>\`${code}\` | ${httpStatus} | ${retryable ? 'yes' : 'no'} | ${fault} | ${title} | ${advice} |`,
  );
  return `${notice('packages/core/src/errors/catalogue.ts')}

# Errors

Every error carries one of these codes: as \`code\` in the body of a refused request, as \`error.code\` of an execution
that failed, as \`errorCode\` of an attempt, or as \`code\` of a verdict. Codes never change; texts may.

- **HTTP** is the status with which the API answers when the code ends a request.
- **Again** tells whether the same call may succeed later, without a change by the caller.
- **Who acts** tells who has to do something so that the error goes away: the \`caller\`, the model \`provider\`, nobody but
  the author of the prompt whose \`output\` it is about, or the operator of the \`system\`.

| Code | HTTP | Again | Who acts | Meaning | What to do |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function renderStateMachine(source: string): string {
  const moves = executionStatuses.flatMap((from) =>
    Object.entries(transitions[from]).map(([event, to]) => ({ from, event, to })),
  );
  const ends = executionStatuses.filter(isTerminal);
  return `${notice(`packages/core/src/execution/transitions.ts and ${statusSource}`)}

# The life of an execution

\`\`\`mermaid
stateDiagram-v2
  [*] --> ${executionStatuses[0]}
${moves.map(({ from, event, to }) => `  ${from} --> ${to}: ${event}`).join('\n')}
${ends.map((status) => `  ${status} --> [*]`).join('\n')}
\`\`\`

${statusNotes(source)}

What is not in this table cannot happen: the verbs of \`@formaops/db\` are the only code that writes a status, and a trigger
in the database refuses every other pair.

| From | Event | To |
| --- | --- | --- |
${moves.map(({ from, event, to }) => `| \`${from}\` | \`${event}\` | \`${to}\` |`).join('\n')}
`;
}

/** The list in the comment of `executionStatuses`: who moves an execution in and out, and how long it may stay. */
function statusNotes(source: string): string {
  const comment = source.slice(0, source.indexOf('export const executionStatuses'));
  const lines = comment.split('\n').map((line) => line.replace(/^ \* ?/, ''));
  return lines.filter((line) => /^(- | {2}\S)/.test(line)).join('\n');
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await renderDocs())) await writeFile(join(root, path), text);
  await renderClient();
}
