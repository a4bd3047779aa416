import type { LocalStack } from './local-stack.ts';

/** What a newcomer needs next. */
export function describeStack({ state, promptId, modelIsSimulated }: LocalStack): string {
  const body = { promptId, inputs: { language: 'javascript', code: 'eval(userInput)' } };
  const model = modelIsSimulated
    ? `${state.modelUrl}  (a SIMULATOR; set OPENAI_API_KEY for a real model)`
    : state.modelUrl;
  return `
FormaOps is running.

  API          ${state.apiUrl}
  Reference    ${state.apiUrl}/docs  (to read, and to try with the API key)
  API key      ${state.apiKey}
  Bull Board   ${state.boardUrl}  (user ${state.boardUser}, password ${state.boardPassword})
  Model        ${model}
  State        .formaops/dev.json, logs in .formaops/logs/

Submit an execution and wait for its result:

  curl -s '${state.apiUrl}/v1/executions?wait=30' \\
    -H 'Authorization: Bearer ${state.apiKey}' -H 'Content-Type: application/json' \\
    -d '${JSON.stringify(body)}'

One more worker: npm run worker.  Stop: Ctrl-C.
`;
}
