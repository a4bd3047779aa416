/** The groups in which operations are shown, in their order, and what each is about. */
export const tags = {
  Executions: 'A prompt that is run once: submitted, waited for, read, cancelled',
  Events: 'What happens to executions, as it happens',
  Prompts: 'Templates with variables, and every version they had',
  Validations: 'What judges the outputs of a prompt',
  Metrics: 'Sums and averages over executions',
  Webhooks: 'Calls to an address of yours when executions end',
  'API keys': 'Who may ask',
  Account: 'Who asks, and what the plan allows',
} as const;

export type Tag = keyof typeof tags;
