import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const sampleFile = 'packages/core/src/prompt/template.ts';

/** How the sample execution ended; the fields are the API's. */
export interface SampleResult {
  id: string;
  status: string;
  validationStatus: string;
  validatedOutput: { issues?: unknown[]; overall_rating?: number } | null;
  tokenUsage: { input: number; output: number; total: number; model: string } | null;
  latencyMs: number | null;
  costUsd: string | null;
  error: { code: string; message: string } | null;
}

/**
 * Lets the sample prompt review one of our own sources, over HTTP like everybody else.
 *
 * @param responseFormat asks a real model for the form that the prompt's validation expects.
 */
export async function runSample(
  apiUrl: string,
  apiKey: string,
  promptId: string,
  responseFormat: object | undefined,
): Promise<SampleResult> {
  const code = await readFile(join(root, sampleFile), 'utf8');
  const response = await fetch(`${apiUrl}/v1/executions?wait=60`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      promptId,
      inputs: { language: 'typescript', code },
      ...(responseFormat && { parameters: { responseFormat } }),
    }),
  });
  if (!response.ok) throw new Error(`the sample was refused: ${await response.text()}`);
  return (await response.json()) as SampleResult;
}

/** The result in a few lines. */
export function describeSample(sample: SampleResult): string {
  const { tokenUsage: tokens, validatedOutput: review } = sample;
  const lines = [
    `Sample: reviewed ${sampleFile}`,
    `  ${sample.status}, validation ${sample.validationStatus}`,
  ];
  if (tokens)
    lines.push(
      `  ${tokens.model}, ${tokens.input} + ${tokens.output} tokens, ${sample.costUsd ?? 'unknown'} USD, ${sample.latencyMs} ms`,
    );
  if (review) lines.push(`  rating ${review.overall_rating}, ${review.issues?.length ?? 0} issues found`);
  if (sample.error) lines.push(`  ${sample.error.code}: ${sample.error.message}`);
  return lines.join('\n');
}
