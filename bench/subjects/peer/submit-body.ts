import { z } from 'zod';

/** What a peer's API takes: the body of our own submissions, checked as thoroughly as a careful team would. */
export const submitBody = z.strictObject({
  promptId: z.string().min(1).max(100),
  inputs: z.record(z.string(), z.json()),
  context: z.json().optional(),
  priority: z.enum(['LOW', 'NORMAL', 'HIGH', 'CRITICAL']).default('NORMAL'),
  model: z.string().min(1).max(200).default('gpt-4o-mini'),
  parameters: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      maxTokens: z.int().min(1).max(1_000_000).optional(),
    })
    .default({}),
  maxAttempts: z.int().min(1).max(10).default(3),
  timeoutMs: z.int().min(1_000).max(3_600_000).default(120_000),
});

export type SubmitBody = z.output<typeof submitBody>;
