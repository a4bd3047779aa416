import { type RunningProcess, startProcess } from './child-process.ts';
import type { LocalEnv } from './env.ts';
import { step } from './progress.ts';

/** The model that the workers call. */
export interface LocalModel {
  baseUrl: string;
  apiKey: string;
  isSimulated: boolean;
  process: RunningProcess | null;
}

/** A real one where the environment names one, else the bundled simulator. */
export async function startModel(env: LocalEnv, stopping: AbortSignal): Promise<LocalModel> {
  const { openAiApiKey, openAiBaseUrl } = env;
  if (openAiApiKey || openAiBaseUrl) {
    return {
      baseUrl: openAiBaseUrl ?? 'https://api.openai.com/v1',
      apiKey: openAiApiKey ?? 'none',
      isSimulated: false,
      process: null,
    };
  }
  const simulator = await step('Starting the model simulator', () =>
    startProcess(
      'model-simulator',
      'apps/model-simulator/src/main.ts',
      { ...env.inherited, PORT: '0' },
      stopping,
    ),
  );
  return {
    baseUrl: `${simulator.ready['url']}/v1`,
    apiKey: 'simulator',
    isSimulated: true,
    process: simulator,
  };
}
