import type { ModelProvider } from '@formaops/providers';

/** A JSON object of 1 KB with ten properties, so that a SCHEMA validation has something to judge. */
export const instantOutput = JSON.stringify(
  Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`property${index}`, 'x'.repeat(85)])),
);

/** Matches that output. */
export const instantSchema = {
  type: 'object',
  required: Object.keys(JSON.parse(instantOutput)),
  additionalProperties: { type: 'string', maxLength: 100 },
};

/** Set by scenarios that want to know when the model is called: the worker then says so over its IPC channel. */
export const reportCalls = 'BENCH_REPORT_CALLS';

/** A model without latency: what is measured is everything around it. Ours and the peers' workers call the same one. */
export function createInstantProvider(): ModelProvider {
  const reports = process.env[reportCalls] === 'true';
  return {
    call: async ({ executionId, model, onFirstToken }) => {
      if (reports) process.send?.({ called: executionId, atMs: performance.timeOrigin + performance.now() });
      onFirstToken?.();
      return {
        kind: 'answered',
        output: instantOutput,
        finishReason: 'stop',
        usage: { input: 100, output: 250, total: 350, model },
        usageIsEstimated: false,
        providerRequestId: 'bench',
        outputSanitized: false,
        latencyMs: 1,
      };
    },
    close: () => undefined,
  };
}
