import type { ModelProvider } from '@formaops/providers';

/** 1 KB of JSON, so that a SCHEMA validation has something to judge. */
export const instantOutput = JSON.stringify({ text: 'x'.repeat(1_024 - '{"text":""}'.length) });

/** A model without latency: what is measured is everything around it. Ours and the peers' workers call the same one. */
export function createInstantProvider(): ModelProvider {
  return {
    call: async ({ model, onFirstToken }) => {
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
