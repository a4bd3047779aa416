import { type Check, reasonOf } from './finding.ts';

const subject = 'Model';
const patienceMs = 10_000;

/** Whether the model's endpoint answers and takes the key. Lists models, which costs nothing. */
export function checkModel(baseUrl: string, apiKey: string): Check {
  return async () => {
    const address = `${baseUrl.replace(/\/+$/, '')}/models`;
    try {
      const response = await fetch(address, {
        headers: { authorization: `Bearer ${apiKey}` },
        redirect: 'manual',
        signal: AbortSignal.timeout(patienceMs),
      });
      await response.body?.cancel();
      if (response.ok) return [{ subject, state: 'ok', detail: `${baseUrl} answers and takes the key` }];
      if (response.status === 401 || response.status === 403) {
        const detail = `${baseUrl} refuses the key (${response.status})`;
        return [
          { subject, state: 'problem', detail, advice: 'Set OPENAI_API_KEY of the workers to a valid key.' },
        ];
      }
      const detail = `${baseUrl} answers, but lists no models (${response.status})`;
      return [{ subject, state: 'warning', detail, advice: 'Some servers have no list; a run tells more.' }];
    } catch (error) {
      const detail = `${baseUrl} does not answer: ${reasonOf(error)}`;
      return [{ subject, state: 'problem', detail, advice: 'Is OPENAI_BASE_URL of the workers right?' }];
    }
  };
}
