/** Asks a real model for the form that the sample prompt's validation expects. */
export const codeReviewFormat = {
  type: 'json_schema',
  jsonSchema: {
    name: 'code_review',
    strict: true,
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['issues', 'overall_rating'],
      properties: {
        issues: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['type', 'severity', 'description', 'suggestion'],
            properties: {
              type: { type: 'string', enum: ['security', 'performance', 'style', 'bug'] },
              severity: { type: 'string', enum: ['low', 'medium', 'high', 'critical'] },
              description: { type: 'string' },
              suggestion: { type: 'string' },
            },
          },
        },
        overall_rating: { type: 'number', minimum: 1, maximum: 10 },
      },
    },
  },
};
