/** What the local stack takes from the environment; everything else is chosen by it. */
export interface LocalEnv {
  /** Given to every process as it is, minus what the stack chooses itself. */
  inherited: NodeJS.ProcessEnv;
  openAiApiKey: string | undefined;
  openAiBaseUrl: string | undefined;
  queueUrl: string | undefined;
  /** Instead of `.formaops` in the clone. */
  stateDir: string | undefined;
}

export function readLocalEnv(): LocalEnv {
  return {
    inherited: process.env,
    openAiApiKey: process.env['OPENAI_API_KEY'] || undefined,
    openAiBaseUrl: process.env['OPENAI_BASE_URL'] || undefined,
    queueUrl: process.env['QUEUE_URL'] || undefined,
    stateDir: process.env['FORMAOPS_STATE_DIR'] || undefined,
  };
}
