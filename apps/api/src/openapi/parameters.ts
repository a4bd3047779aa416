/** What the parameters in paths are. */
export const parameterDescriptions: Readonly<Record<string, string>> = {
  id: 'Id of the resource',
  deliveryId: 'Id of the delivery, as in `webhook-id`',
  validationId: 'Id of the validation',
  revalidationId: 'Id of the later judgement',
  version: 'Number of the version',
};

/** Those that are numbers from 1 on; the others are ids. */
export const numberedParameters: ReadonlySet<string> = new Set(['version']);
