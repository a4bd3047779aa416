/** What the parameters in paths are. */
export const parameterDescriptions: Readonly<Record<string, string>> = {
  id: 'Id of the resource',
  validationId: 'Id of the validation',
  revalidationId: 'Id of the later judgement',
};
