import { createHash } from 'node:crypto';

const codeReviewConfig = {
  type: 'object',
  required: ['issues', 'overall_rating'],
  properties: {
    issues: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'severity', 'description'],
        properties: {
          type: { enum: ['security', 'performance', 'style', 'bug'] },
          severity: { enum: ['low', 'medium', 'high', 'critical'] },
          description: { type: 'string' },
          suggestion: { type: 'string' },
        },
      },
    },
    overall_rating: { type: 'number', minimum: 1, maximum: 10 },
  },
};

export const codeReviewPrompt = {
  id: 'demo-prompt-code-reviewer',
  name: 'AI Code Reviewer',
  description: 'Reviews code for best practices and security',
  template: `Review the following {{language}} code for:
- Code quality and best practices
- Security vulnerabilities
- Performance optimizations

Code:
\`\`\`{{language}}
{{code}}
\`\`\``,
  variables: [
    {
      name: 'language',
      type: 'string',
      required: true,
      defaultValue: 'typescript',
      options: ['typescript', 'javascript', 'python', 'go'],
    },
    { name: 'code', type: 'string', required: true, description: 'Code to review' },
  ],
  status: 'PUBLISHED' as const,
};

export const codeReviewSchema = {
  id: 'demo-validation-code-review',
  name: 'Code Review Schema',
  type: 'SCHEMA' as const,
  config: codeReviewConfig,
};

const review = {
  issues: [{ type: 'security', severity: 'high', description: 'Hardcoded password in code' }],
  overall_rating: 3,
};

export const sampleExecution = {
  id: 'demo-execution-code-review',
  inputs: { language: 'typescript', code: 'const user = { password: "123456" }; // Bad practice' },
  output: JSON.stringify(review),
  validatedOutput: review,
  status: 'COMPLETED' as const,
  validationStatus: 'PASSED' as const,
  model: 'gpt-4',
  latencyMs: 2340,
  costUsd: '0.045000',
  spentUsd: '0.045000000000',
  tokenUsage: { input: 156, output: 89, total: 245, model: 'gpt-4' },
  attempt: 1,
  edgeFunctionId: 'seed#1',
  verdict: {
    validationName: codeReviewSchema.name,
    type: 'SCHEMA' as const,
    outcome: 'PASSED' as const,
    configHash: createHash('sha256').update(JSON.stringify(codeReviewConfig)).digest('hex'),
    durationMs: 1,
  },
  logs: [
    { message: 'Execution accepted', metadata: { priority: 'NORMAL', model: 'gpt-4', promptVersion: 1 } },
    { message: 'Attempt started', metadata: { attempt: 1, workerId: 'seed', model: 'gpt-4' } },
    { message: 'Model answered', metadata: { latencyMs: 2340, inputTokens: 156, outputTokens: 89 } },
    { message: 'Output judged', metadata: { validationStatus: 'PASSED' } },
    { message: 'Execution completed', metadata: { attempt: 1, latencyMs: 2340, costUsd: '0.045000' } },
  ],
  ledger: {
    attempt: 1,
    workerId: 'seed',
    outcome: 'SUCCEEDED' as const,
    inputTokens: 156,
    outputTokens: 89,
    costUsd: '0.045',
    latencyMs: 2340,
  },
};
